import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** What the benchmarks share: taking times, and putting tables into docs/performance.md. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Medians of both sides. Rounds alternate, so that whatever else the machine does meets both. */
export async function alternate(
  count: number,
  ours: () => Promise<number>,
  floor: () => Promise<number>,
): Promise<[number, number]> {
  const a: number[] = [];
  const b: number[] = [];
  for (let i = 0; i < count; i += 1) {
    b.push(await floor());
    a.push(await ours());
  }
  return [median(a), median(b)];
}

/** The machine of the figures, and the day. */
export const machine = (): string =>
  `${String(cpus().length)} cores, ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;

/** Prints a table and puts it between `<!-- NAME -->` and `<!-- /NAME -->` of docs/performance.md. */
export async function writeSection(name: string, measuredOn: string, table: string): Promise<void> {
  process.stdout.write(`${table}\n\n${measuredOn}\n`);
  const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
  const text = await readFile(page, 'utf8');
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
  await writeFile(page, text.replace(marked, `$1\nMeasured on ${measuredOn}.\n\n${table}\n\n$2`));
}
