import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** A figure beside the floor of the same run. */
export interface Row {
  readonly what: string;
  readonly swarmup: string;
  readonly floor: string;
  readonly ratio: string;
  readonly target: string;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
export const millis = (ms: number): string => `${ms.toFixed(0)} ms`;

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

export function markdown(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${[row.what, row.swarmup, row.floor, row.ratio, row.target].join(' | ')} |`);
  return ['| what | swarmup | floor | ratio | target |', '|---|---|---|---|---|', ...lines].join('\n');
}

export const machineText = (): string =>
  `${String(cpus().length)} cores, ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;

/** Writes the part of docs/performance.md between `<!-- name -->` and `<!-- /name -->`. */
export async function replaceSection(name: string, text: string): Promise<void> {
  const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
  const old = await readFile(page, 'utf8');
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*(<!-- /${name} -->)`);
  await writeFile(page, old.replace(marked, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`));
}
