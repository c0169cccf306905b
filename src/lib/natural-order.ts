/**
 * Compares names so that agent2 comes before agent10. For ASCII names; `localeCompare` with `numeric` does the same,
 * but loading its tables takes 10 ms at its first use.
 */
export function naturalOrder(a: string, b: string): number {
  const left = chunks(a);
  const right = chunks(b);
  for (const [i, chunk] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = compareChunks(chunk, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** `a10b` is `a`, `10`, `b`. */
const chunks = (name: string): readonly string[] => name.match(/\d+|\D+/g) ?? [];

function compareChunks(a: string, b: string): number {
  const byNumber = Number(a) - Number(b);
  if (byNumber < 0 || byNumber > 0) return byNumber;
  return a < b ? -1 : a > b ? 1 : 0;
}
