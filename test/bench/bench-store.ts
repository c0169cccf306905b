import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/machine/file-store.js';
import { machineRecord } from '../machine/machine-record.js';
import { seconds } from './timing.js';
import { writeSection } from './write-section.js';

/**
 * Prints what a large store costs: how much longer a command takes to find a host among many than in a store of one, and
 * how long the first command takes that takes over a store of swarmup 0.1. Writes the table into docs/performance.md.
 * Each figure is the least of its rounds: whatever else the machine does can only add to it.
 */
const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const hosts = 500;
const swarms = 50;
const [rounds, migrations] = [Number(process.env['BENCH_ROUNDS'] ?? 25), 3];

const endpoint = { host: '10.0.0.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
const record = (name: string, swarm: string): string =>
  `${JSON.stringify(machineRecord(name, { phase: 'ready', endpoint, swarm, role: 'worker' }), undefined, 2)}\n`;

const folder = await mkdtemp(join(tmpdir(), 'swarmup-bench-'));

/** How long a command takes, which prints the address of a host. */
function took(home: string, host: string): number {
  const env = { PATH: process.env['PATH'], HOME: folder, SWARMUP_HOME: home, SWARMUP_CACHE: join(folder, 'cache') };
  const began = performance.now();
  const { status, stdout } = spawnSync(process.execPath, [program, 'ip', host], { env, encoding: 'utf8' });
  const elapsed = performance.now() - began;
  if (status !== 0 || !stdout.includes(endpoint.host)) throw new Error(`ip ${host} ended with ${String(status)}`);
  return elapsed;
}

/** A store of swarmup 0.1: all hosts in one folder, with their keys. */
async function oldStore(home: string): Promise<void> {
  for (let i = 1; i <= hosts; i += 1) {
    const at = join(home, 'machines', `host${i}`);
    await mkdir(at, { recursive: true });
    await writeFile(join(at, 'machine.json'), record(`host${i}`, `lab${i % swarms}`));
    for (const file of ['id_ed25519', 'id_ed25519.pub']) await writeFile(join(at, file), 'x'.repeat(400));
  }
}

try {
  const homes = { one: join(folder, 'one'), many: join(folder, 'many'), old: join(folder, 'old') };
  const endings = { phase: 'ready', endpoint, role: 'worker' } as const;
  await openStore(homes.one).add(machineRecord('alone', endings));
  const store = openStore(homes.many);
  for (let i = 1; i <= hosts; i += 1) await store.add(machineRecord(`host${i}.lab${i % swarms}`, endings));
  const [alone, among]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(took(homes.one, 'alone'));
    among.push(took(homes.many, `host${hosts}`));
  }
  await oldStore(homes.old);
  const first: number[] = [];
  for (let round = 0; round < migrations; round += 1) {
    const home = join(folder, `old${round}`);
    await cp(homes.old, home, { recursive: true });
    const migrating = took(home, `host${hosts}`);
    first.push(migrating - took(home, `host${hosts}`));
  }
  await writeSection(
    'store',
    [
      {
        what: `find a host by its short name among ${hosts} hosts of ${swarms} swarms, beside a store of one host`,
        measured: `${Math.max(0, Math.min(...among) - Math.min(...alone)).toFixed(1)} ms`,
        target: '≤ 5 ms',
      },
      { what: `take over a store of 0.1 with ${hosts} hosts`, measured: seconds(Math.min(...first)), target: '≤ 2 s' },
    ],
    `least of ${rounds} and of ${migrations}, load ${(loadavg()[0] ?? 0).toFixed(1)}`,
  );
} finally {
  await rm(folder, { recursive: true });
}
