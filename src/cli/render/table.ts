import { printableLine } from '../../lib/printable.js';

const gap = '   ';

/**
 * Rows in columns, without control characters, as wide as their widest cell, under a head. The last column is not
 * padded. Ends in a newline.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map((row) => row.map(printableLine))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => pad(cell, widths[column] ?? 0))
          .join(gap)
          .trimEnd()}\n`,
    )
    .join('');
}

const pad = (cell: string, to: number): string => cell + ' '.repeat(Math.max(0, to - width(cell)));
/** Characters, not UTF-16 units. */
const width = (text: string): number => Array.from(text).length;
