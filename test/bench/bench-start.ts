import { execa } from 'execa';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/machine/file-store.js';
import { machineRecord } from '../machine/machine-record.js';
import { madeOnce } from '../support/cache-folder.js';
import { writeTable } from './write-section.js';

/**
 * Prints how long commands take to start on each version of Node.js beside an empty Node.js of that version in the same
 * run, and writes the table into docs/performance.md. Each figure is the least of many runs that alternate: whatever
 * else the machine does can only add to it.
 */
// It makes an empty Node.js start twice as slow and would flatter every ratio.
delete process.env['NODE_EXTRA_CA_CERTS'];

const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 25);
const hosts = 50;

interface Started {
  readonly what: string;
  readonly args: readonly string[];
  readonly atMost: number;
  /** In a store without hosts. */
  readonly empty?: boolean;
}

const commands: readonly Started[] = [
  { what: '`env host1`', args: ['env', 'host1'], atMost: 1.3 },
  { what: '`ls`, no hosts', args: ['ls'], atMost: 2, empty: true },
  { what: '`ls -q`, no hosts', args: ['ls', '-q'], atMost: 2, empty: true },
  { what: '`--version`', args: ['--version'], atMost: 1.5 },
  { what: '`--help`', args: ['--help'], atMost: 1.5 },
  { what: '`completion bash`', args: ['completion', 'bash'], atMost: 1.5 },
  { what: 'TAB: the commands', args: ['completion', 'bash', '--', ''], atMost: 1.5 },
  { what: 'TAB: the flags of `create`', args: ['completion', 'bash', '--', 'create', '--'], atMost: 1.5 },
  { what: `TAB: the names of ${hosts} hosts`, args: ['completion', 'bash', '--', 'rm', ''], atMost: 1.5 },
  { what: '`swarm status --help`', args: ['swarm', 'status', '--help'], atMost: 3.5 },
  { what: '`create --help`', args: ['create', '--help'], atMost: 3.5 },
  { what: '`aws check --help`', args: ['aws', 'check', '--help'], atMost: 3.5 },
];

/** This Node.js, and newer ones from npm's package `node`, which are kept. */
async function nodes(): Promise<readonly string[]> {
  const newer = ['22', '24'];
  const folder = await madeOnce('node-versions', newer.join('-'), async (made) => {
    const packages = newer.map((version) => `node${version}@npm:node@${version}`);
    await execa('npm', ['install', '--prefix', made, '--no-audit', '--no-fund', '--no-save', ...packages]);
  });
  const bin = ['bin', 'node'];
  return [process.execPath, ...newer.map((version) => join(folder, 'node_modules', `node${version}`, ...bin))];
}

interface Node {
  readonly path: string;
  readonly version: string;
  readonly floor: number[];
  readonly took: Map<Started, number[]>;
}

const least = (values: readonly number[] = []): number => Math.min(...values);

function measure(versions: readonly Node[], folder: string): void {
  const run = (node: Node, args: readonly string[], home = 'home'): number => {
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      SWARMUP_HOME: join(folder, home),
      SWARMUP_CACHE: join(folder, 'cache'),
    };
    const began = performance.now();
    const { status } = spawnSync(node.path, args, { env, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${String(status)}`);
    return performance.now() - began;
  };
  // The first round fills the cache of compiled code, and is not measured.
  for (let round = 0; round <= rounds; round += 1)
    for (const node of versions) {
      const floor = run(node, ['-e', '0']);
      if (round > 0) node.floor.push(floor);
      for (const command of commands) {
        const took = run(node, [program, ...command.args], command.empty === true ? 'empty' : 'home');
        if (round > 0) node.took.set(command, [...(node.took.get(command) ?? []), took]);
      }
    }
}

const folder = await mkdtemp(join(tmpdir(), 'swarmup-bench-'));
try {
  const store = openStore(join(folder, 'home'));
  const engine = { url: 'tcp://10.0.0.1:2376', certPath: 'certs' };
  const endpoint = { host: '10.0.0.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
  for (let i = 1; i <= hosts; i += 1) await store.add(machineRecord(`host${i}`, { phase: 'ready', engine, endpoint }));
  const certs = await store.folder('certs');
  for (const file of ['ca.pem', 'cert.pem', 'key.pem']) await writeFile(join(certs, file), '');
  const versions = (await nodes()).map((path): Node => {
    const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim();
    return { path, version, floor: [], took: new Map() };
  });
  measure(versions, folder);
  const rows = commands.map((command) => [
    command.what,
    ...versions.map((node) => {
      const ours = least(node.took.get(command));
      return `${ours.toFixed(0)} ms, ${(ours / least(node.floor)).toFixed(2)} ×`;
    }),
    `≤ ${command.atMost} ×`,
  ]);
  await writeTable(
    'start',
    ['start', ...versions.map(({ version }) => `Node.js ${version}`), 'target'],
    [['`node -e 0`', ...versions.map(({ floor }) => `${least(floor).toFixed(0)} ms`), ''], ...rows],
    `least of ${rounds}, load ${(loadavg()[0] ?? 0).toFixed(1)}`,
  );
} finally {
  await rm(folder, { recursive: true });
}
