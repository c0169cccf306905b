import { printableLine } from '../../lib/printable.js';
import type { HostOutcome } from '../../operations/access/results.js';
import type { CommandIo } from '../command-io.js';
import { painter } from './paint.js';

/** A line per host with what became of it (and a note), the hints of a failure below. */
export function outcomeLines(
  io: CommandIo,
  hosts: readonly (HostOutcome & { readonly note?: string | undefined })[],
): string {
  const paint = painter(io, 'stdout');
  const width = Math.max(0, ...hosts.map(({ name }) => name.length));
  return hosts
    .map(({ name, status, error, note }) => {
      const start = `${name.padEnd(width)}  `;
      if (error === undefined) return `${start}${status}${note === undefined ? '' : `  ${printableLine(note)}`}\n`;
      const hints = error.hints.map((hint) => `${' '.repeat(width)}  ${paint('dim', '→')} ${hint}\n`);
      return `${start}${paint('red', status)}: ${error.message}\n${hints.join('')}`;
    })
    .join('');
}

/** What a dry run says would be lost; undefined: it cannot be done at all, and there is nothing to ask. */
export const lossOf = (io: CommandIo, hosts: Parameters<typeof outcomeLines>[1]): string | undefined =>
  hosts.every(({ status }) => status === 'failed') ? undefined : outcomeLines(io, hosts);
