/** A longer list of names is not worth reading. */
const maxProposals = 3;

/**
 * The candidates that a user may have meant by `name`, best first, at most three: candidates that begin with it, and
 * candidates at most two typing mistakes away (a letter wrong, missing, too many, or two swapped). Case does not
 * matter.
 */
export function nearest(name: string, candidates: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  return candidates
    .map((candidate) => ({ candidate, distance: mistakes(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance !== undefined)
    .sort((a, b) => (a.distance ?? 0) - (b.distance ?? 0) || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, maxProposals)
    .map(({ candidate }) => candidate);
}

/** undefined: not alike. Two words of which no letter is the same are not alike, however short. */
function mistakes(wanted: string, candidate: string): number | undefined {
  const distance = typingDistance(wanted, candidate);
  if (distance <= 2 && distance < Math.max(wanted.length, candidate.length, 1)) return distance;
  return wanted !== '' && candidate.startsWith(wanted) ? 2 : undefined;
}

/** Damerau–Levenshtein distance in its "optimal string alignment" form: no part is edited twice. */
export function typingDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(at(row, j - 1) + 1, at(last, j) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(beforeLast, j - 2) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;
