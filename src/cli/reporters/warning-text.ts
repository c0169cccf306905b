import { printable } from '../../lib/printable.js';
import type { CommandIo } from '../command-io.js';
import { painter } from '../render/paint.js';

/** `Warning: …` and a line for each hint. */
export function warningText(
  io: CommandIo,
  warning: { readonly message: string; readonly hints?: readonly string[] },
): string {
  const paint = painter(io, 'stderr');
  const hints = (warning.hints ?? []).map((hint) => `  ${paint('dim', '→')} ${printable(hint)}`);
  return [`${paint('yellow', 'Warning:')} ${printable(warning.message)}`, ...hints, ''].join('\n');
}
