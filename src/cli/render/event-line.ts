import type { SwarmEvent } from '../../operations/agent/swarm-events.js';
import { printableLine } from '../../lib/printable.js';
import type { CommandIo } from '../command-io.js';
import { painter, type Style } from './paint.js';

const styles: Readonly<Record<SwarmEvent['level'], Style>> = { info: 'dim', warning: 'yellow', error: 'red' };

/** One event, in one line. */
export function eventLine(io: CommandIo, event: SwarmEvent): string {
  const level = painter(io, 'stdout')(styles[event.level], event.level.padEnd(7));
  return `${event.time}  ${level}  ${printableLine(`${event.host}  ${event.kind}  ${event.message}`)}\n`;
}
