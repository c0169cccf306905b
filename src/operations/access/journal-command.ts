import { quote } from '../../lib/quote.js';

interface JournalRequest {
  readonly units: readonly string[];
  /** Last lines. */
  readonly tail: number;
  readonly follow: boolean;
}

/** The command that prints the journal of units on a host; by sudo where the user may not read it. */
export function journalCommand({ units, tail, follow }: JournalRequest): string {
  const command = quote([
    'journalctl',
    '--no-pager',
    '-o',
    'short-iso',
    '-n',
    String(tail),
    ...(follow ? ['-f'] : []),
    ...units.flatMap((unit) => ['-u', unit]),
  ]);
  return `if [ "$(id -u)" = 0 ]; then exec ${command}; else exec sudo -n ${command}; fi`;
}
