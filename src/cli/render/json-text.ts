import { printable } from '../../lib/printable.js';

/** A result as `--json` prints it: C1 and what turns the direction of text are escaped, too, and the value is the same. */
export function jsonText(value: unknown): string {
  return `${printable(JSON.stringify(value, null, 2))}\n`;
}
