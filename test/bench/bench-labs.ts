import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCli, type Cli } from '../e2e/cli.js';

/**
 * Prints how long the commands of labs take and writes the table into docs/performance.md. One round; no time limit: the
 * machine may be busy with other things.
 */
interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

const manifest = (workers: number): string => `version: 1
name: bench
pools:
  managers: { role: manager, names: manager }
  workers: { role: worker, count: ${workers}, names: agent%d }
`;

async function measure(cli: Cli, folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const time = async (what: string, target: string, args: readonly string[]): Promise<void> => {
    const began = performance.now();
    await cli.json(args);
    rows.push({ what, measured: `${((performance.now() - began) / 1000).toFixed(2)} s`, target });
  };
  const write = (workers: number): Promise<void> => writeFile(join(folder, 'swarmup.yaml'), manifest(workers));
  await write(2);
  // The first makes the node image if there is none, which is not measured.
  await cli.json(['up']);
  await cli.json(['destroy', '--yes']);
  await time('`up`, 1 + 2 hosts from a cached image', '', ['up']);
  await time('`up` when nothing is to change, 3 hosts', '≤ 1.5 s', ['up']);
  await write(3);
  await time('`up`, a pool grows by 1', '', ['up']);
  await write(2);
  await time('`up`, a pool shrinks by 1 (drained)', '', ['up', '--yes']);
  await time('`destroy`, 3 hosts', '', ['destroy', '--yes']);
  await write(5);
  await time('`up`, 1 + 5 hosts from a cached image', '', ['up']);
  await cli.json(['destroy', '--yes']);
  await write(499);
  await time('`plan`, 500 hosts', '≤ 1 s', ['plan']);
  return rows;
}

const folder = await mkdtemp(join(tmpdir(), 'swarmup-bench-'));
const cli = await openCli('bench-labs', {}, folder);
let rows: readonly Row[];
try {
  rows = await measure(cli, folder);
} finally {
  await cli.dispose();
  await rm(folder, { recursive: true });
}
const lines = rows.map(({ what, measured, target }) => `| ${what} | ${measured} | ${target} |`);
const table = ['| labs | measured | target |', '|---|---|---|', ...lines].join('\n');
const machine = `${cpus().length} cores, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
process.stdout.write(`${table}\n\n${machine}\n`);
const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const marked = /(<!-- bench:labs -->\n)[\s\S]*(<!-- \/bench:labs -->)/;
const text = await readFile(page, 'utf8');
await writeFile(page, text.replace(marked, `$1\nMeasured on ${machine}.\n\n${table}\n\n$2`));
