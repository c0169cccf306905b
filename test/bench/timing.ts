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
