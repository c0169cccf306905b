import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly target: string;
}

/** Prints measured figures as a table and puts it into their own section of docs/performance.md. */
export async function writeSection(
  name: string,
  rows: readonly Row[],
  where = '',
  /** What the last column is, where it is no target. */
  against = 'target',
): Promise<void> {
  const cells = rows.map((row) => [row.what, row.measured, row.target]);
  await writeTable(name, [name, 'measured', against], cells, where);
}

/** The same with other columns. */
export async function writeTable(
  name: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  where: string,
): Promise<void> {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const table = [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
  const machine = [`${cpus().length} cores`, where, new Date().toISOString().slice(0, 10)];
  const told = machine.filter((part) => part !== '').join(', ');
  process.stdout.write(`${table}\n\n${told}\n`);
  const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
  const marked = new RegExp(`(<!-- bench:${name} -->\n)[\\s\\S]*(<!-- /bench:${name} -->)`);
  const text = await readFile(page, 'utf8');
  await writeFile(page, text.replace(marked, `$1\nMeasured on ${told}.\n\n${table}\n\n$2`));
}
