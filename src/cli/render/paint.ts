import { styleText } from 'node:util';
import type { CommandIo } from '../command-io.js';

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** Colours text when a person looks at the stream and did not ask for none (https://no-color.org, FORCE_COLOR). */
export function painter(io: CommandIo, stream: 'stdout' | 'stderr'): (style: Style, text: string) => string {
  return coloured(io, stream) ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

function coloured(io: Pick<CommandIo, 'env' | 'isTty'>, stream: 'stdout' | 'stderr'): boolean {
  if ((io.env['NO_COLOR'] ?? '') !== '') return false;
  const forced = io.env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0';
  return io.isTty(stream) && io.env['TERM'] !== 'dumb';
}
