import { execa } from 'execa';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Cli, openCli } from '../e2e/cli.js';
import { handMadeSwarm } from './hand-made-swarm.js';
import { alternate, seconds, timed } from './timing.js';

/**
 * Prints what swarmup takes beside the floor of the same run, and writes the table into docs/performance.md.
 * Figures are medians. There is no time limit: a slow machine is slow on both sides.
 */
// It makes an empty Node.js start twice as slow and would flatter every ratio.
delete process.env['NODE_EXTRA_CA_CERTS'];

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'bin', 'run.js');
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const startUps = 15;

interface Row {
  readonly what: string;
  readonly swarmup: string;
  readonly floor: string;
  readonly ratio: string;
  readonly target: string;
}

const millis = (ms: number): string => `${ms.toFixed(0)} ms`;

const names = (count: number): string[] => ['manager', ...Array.from({ length: count - 1 }, (_, i) => `agent${i + 1}`)];

async function createAndRemove(cli: Cli, count: number): Promise<number> {
  const took = await timed(() => cli.json(['create', ...names(count)]));
  await cli.json(['rm', '--yes', ...names(count)]);
  return took;
}

async function swarms(cli: Cli): Promise<Row[]> {
  const targets: Readonly<Record<number, string>> = { 1: '', 3: '≤ 8 s', 5: '≤ 11 s' };
  const rows: Row[] = [];
  for (const count of [1, 3, 5]) {
    const [ours, floor] = await alternate(
      rounds,
      () => createAndRemove(cli, count),
      () => handMadeSwarm(count),
    );
    rows.push({
      what: `create ${count} host${count === 1 ? '' : 's'} → all nodes Ready`,
      swarmup: seconds(ours),
      floor: `${seconds(floor)} (hand-made swarm)`,
      ratio: (ours / floor).toFixed(2),
      target: targets[count] ?? '',
    });
  }
  return rows;
}

async function startUp(cli: Cli, what: string, args: readonly string[]): Promise<Row> {
  const run = (argv: readonly string[]): Promise<number> =>
    timed(() => execa(process.execPath, argv, { env: { ...cli.env, SWARMUP_HOME: cli.home }, stdin: 'ignore' }));
  const [ours, floor] = await alternate(
    startUps,
    () => run([program, ...args]),
    () => run(['-e', '0']),
  );
  return {
    what,
    swarmup: millis(ours),
    floor: `${millis(floor)} (node -e 0)`,
    ratio: (ours / floor).toFixed(2),
    target: '',
  };
}

/** Peak memory of a command, from the kernel's own high-water mark, read whenever it reports progress. */
async function peakRssMiB(cli: Cli, args: readonly string[]): Promise<number> {
  const child = execa(process.execPath, [program, ...args, '--json'], { env: cli.env, stdin: 'ignore' });
  let peakKiB = 0;
  for await (const line of child.iterable({ from: 'stderr' })) {
    if (!line.startsWith('{')) continue;
    const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8').catch(() => '');
    peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }
  await child;
  return peakKiB / 1024;
}

async function measure(): Promise<Row[]> {
  const cli = await openCli('bench');
  try {
    // The first create makes the node image if there is none: not measured, the target is "from a cached image".
    const rss = await peakRssMiB(cli, ['create', ...names(3)]);
    const light = [await startUp(cli, '`swarmup ls`, 3 live hosts asked for state and version', ['ls'])];
    const noop = await timed(() => cli.json(['create', ...names(3)]));
    await cli.json(['rm', '--yes', ...names(3)]);
    return [
      ...(await swarms(cli)),
      { what: 'create of 3 hosts that are there (no-op)', swarmup: seconds(noop), floor: '', ratio: '', target: '' },
      ...light,
      {
        what: 'peak memory of create, 3 hosts',
        swarmup: `${rss.toFixed(0)} MiB`,
        floor: '',
        ratio: '',
        target: '≤ 150 MiB',
      },
    ];
  } finally {
    await cli.run(['rm', '--yes', '--force', ...names(5)]);
    await cli.dispose();
  }
}

function markdown(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${[row.what, row.swarmup, row.floor, row.ratio, row.target].join(' | ')} |`);
  return ['| what | swarmup | floor | ratio | target |', '|---|---|---|---|---|', ...lines].join('\n');
}

const table = markdown(await measure());
const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
process.stdout.write(`${table}\n\n${machine}\n`);
const page = join(root, 'docs', 'performance.md');
const text = await readFile(page, 'utf8');
const marked = /(<!-- bench -->\n)[\s\S]*(<!-- \/bench -->)/;
await writeFile(page, text.replace(marked, `$1\nMeasured on ${machine}.\n\n${table}\n\n$2`));
