import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { CreateResult, NodesResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from '../e2e/cli.js';
import type { SwarmStatusResult } from '../../src/operations/health/status-node.js';

/**
 * Measures on eleven real container hosts how long `swarm status` takes, and how long 2, 5 and 10 hosts that have Docker
 * already take to join at once, and writes the table into docs/performance.md.
 */
interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

const hosts = 11;
const repeats = 7;
const joins = [2, 5, 10];

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const began = performance.now();
  const result = await work();
  return [result, performance.now() - began];
}

async function statusRows(cli: Cli): Promise<readonly Row[]> {
  const times: number[] = [];
  for (let i = 0; i < repeats; i += 1) {
    const [status, ms] = await timed(() => cli.json<SwarmStatusResult>(['swarm', 'status']));
    if (!status.healthy || status.nodes.length !== hosts) throw new Error(JSON.stringify(status.findings));
    times.push(ms);
  }
  const sorted = times.sort((a, b) => a - b);
  return [
    {
      what: `\`swarm status\` of ${hosts} hosts, the whole command, median of ${repeats}`,
      measured: seconds(sorted[Math.floor(repeats / 2)] ?? Number.NaN),
      target: '≤ 1.5 s on 10 hosts',
    },
    { what: 'the slowest of them', measured: seconds(sorted.at(-1) ?? Number.NaN), target: '' },
  ];
}

async function joinRow(cli: Cli, workers: readonly string[], count: number): Promise<Row> {
  const joining = workers.slice(0, count);
  await cli.json<NodesResult>(['swarm', 'leave', '--yes', ...joining]);
  const [, ms] = await timed(() => cli.json(['swarm', 'join', ...joining]));
  return { what: `\`swarm join\` of ${count} workers at once, until Ready`, measured: seconds(ms), target: '' };
}

const cli = await openCli('bench-care');
try {
  const workers = Array.from({ length: hosts - 1 }, (_, i) => `w${i + 1}`);
  await cli.json<CreateResult>(['create', '--no-agent', 'm1', ...workers]);
  const rows = [...(await statusRows(cli))];
  for (const count of joins) rows.push(await joinRow(cli, workers, count));
  const table = [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores, all hosts on one machine.`,
    '',
    '| what | measured | target |',
    '|---|---|---|',
    ...rows.map(({ what, measured, target }) => `| ${what} | ${measured} | ${target} |`),
  ].join('\n');
  process.stdout.write(`${table}\n`);
  const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
  const [begin, end] = ['<!-- bench:care -->', '<!-- /bench:care -->'];
  const text = await readFile(page, 'utf8');
  const section = `${begin}\n\n${table}\n\n${end}`;
  const at = text.indexOf(begin);
  const changed =
    at === -1
      ? `${text.trimEnd()}\n\n## Looking after a swarm (\`npm run bench:care\`)\n\n${section}\n`
      : text.slice(0, at) + section + text.slice(text.indexOf(end) + end.length);
  await writeFile(page, changed);
} finally {
  await cli.dispose();
}
