import { execa } from 'execa';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configureEngine } from '../../src/bootstrap/configure-engine.js';
import { readFacts } from '../../src/bootstrap/facts.js';
import type { Runner } from '../../src/ssh/runner.js';
import { ensureCertificates } from '../../src/bootstrap/tls/certificates.js';
import { type Cli, openCli } from '../e2e/cli.js';
import { onHost } from '../e2e/workload.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { alternate, seconds, timed } from './timing.js';
import { type Row, writeSection } from './write-section.js';

/**
 * Prints what it takes to adopt hosts that have Docker already, beside the same remote commands on one raw connection
 * of OpenSSH, and writes the table into docs/performance.md. Medians; both sides alternate. The hosts are given back
 * after each round, so that each finds them as the first did.
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const names = ['h1', 'h2', 'h3'] as const;

interface Bench {
  readonly cli: Cli;
  readonly addresses: readonly string[];
  readonly key: string;
}

async function openBench(): Promise<Bench & AsyncDisposable> {
  const outer = await openCli('bench-theirs');
  await outer.json(['create', '--no-swarm', '--no-tls', ...names]);
  const { hosts } = await outer.json<{ hosts: { ip: string }[] }>(['ip', ...names]);
  const user = generateSshKey('bench');
  const prepare = `echo '${user.publicKey.trim()}' >>/root/.ssh/authorized_keys; rm -f /etc/docker/daemon.json.before-swarmup`;
  await Promise.all(names.map((name) => onHost(outer, name, prepare)));
  const home = await mkdtemp(join(tmpdir(), 'swarmup-bench-home-'));
  await mkdir(join(home, '.ssh'));
  const key = join(home, '.ssh', 'id_ed25519');
  await writeFile(key, user.privateKey, { mode: 0o600 });
  const cli = await openCli('bench-generic', { HOME: home, SSH_AUTH_SOCK: '', SWARMUP_DRIVER: '' });
  return {
    cli,
    addresses: hosts.map(({ ip }) => ip),
    key,
    async [Symbol.asyncDispose]() {
      await cli.dispose();
      await outer.dispose();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The scripts that a create runs on a host, in their order: taken down while they run there for the first time. */
async function scriptsOf({ cli, addresses: [address = ''] }: Bench, ssh: readonly string[]): Promise<string> {
  const texts: string[] = [];
  const runner = {
    host: 'h1',
    exec: async (command: string, { stdin = '' }: { stdin?: string }) => {
      texts.push(stdin);
      const { stdout, stderr, exitCode } = await execa('ssh', [...ssh, command], { input: stdin });
      return { stdout, stderr, exitCode: exitCode ?? null, signal: null };
    },
  } as unknown as Runner;
  const folder = join(cli.home, 'certs');
  await mkdir(folder, { recursive: true });
  await ensureCertificates(folder, { now: new Date() });
  const facts = await readFacts(runner);
  const tls = { folder, identity: { id: 'h1', name: 'h1' }, sans: [address], now: new Date() };
  await configureEngine(runner, facts, { swarm: false, tls });
  return texts.join('\n');
}

async function giveBack({ cli }: Bench, hosts: readonly string[]): Promise<void> {
  await cli.json(['rm', '--yes', ...hosts]);
}

async function measure(): Promise<readonly Row[]> {
  await using bench = await openBench();
  const { cli, addresses, key } = bench;
  const create = (words: readonly string[]): Promise<number> =>
    timed(() => cli.json(['create', '--accept-new-host-key', ...words]));
  const one = `m=${addresses[0] ?? ''}`;
  // Makes the certificates, which are one for all hosts, and shows that the hosts can be given back.
  await create(['--no-swarm', one]);
  await giveBack(bench, ['m']);
  const ssh = ['-i', key, '-F', '/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
  const raw = [...ssh, '-o', 'LogLevel=ERROR', `root@${addresses[0] ?? ''}`];
  const scripts = await scriptsOf(bench, raw);
  const undo = async (): Promise<void> => {
    await create(['--no-swarm', one]);
    await giveBack(bench, ['m']);
  };
  await undo();
  const [ours, floor] = await alternate(
    rounds,
    async () => {
      const took = await create(['--no-swarm', one]);
      await giveBack(bench, ['m']);
      return took;
    },
    async () => {
      const took = await timed(() => execa('ssh', [...raw, 'sh -s'], { input: scripts }));
      await undo();
      return took;
    },
  );
  const words = addresses.map((address, n) => `${['m', 'a1', 'a2'][n] ?? ''}=${address}`);
  const three = async (...flags: readonly string[]): Promise<number> => {
    const took = await create([...flags, ...words]);
    await giveBack(bench, ['m', 'a1', 'a2']);
    return took;
  };
  const [swarm, withAgent] = await alternate(
    rounds,
    () => three('--no-agent'),
    () => three(),
  );
  const told = `${seconds(floor)}, ratio ${(ours / floor).toFixed(2)}`;
  return [
    { what: 'create of 1 host (same commands, raw ssh)', measured: `${seconds(ours)} (${told})`, target: '≤ 1.3 ×' },
    { what: "of that, swarmup's own time", measured: seconds(ours - floor), target: '≤ 2 s' },
    { what: 'create --no-agent of 3 hosts → swarm, all nodes Ready', measured: seconds(swarm), target: '≤ 4 s' },
    { what: 'the same without --no-agent: the agent runs, too', measured: seconds(withAgent), target: '' },
  ];
}

await writeSection('generic', await measure(), 'hosts that have Docker already');
