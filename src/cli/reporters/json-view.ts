import type { CommandIo } from '../command-io.js';
import type { ProgressView } from './progress-view.js';

/** With `--json`: each event as a JSON object on a line of stderr; stdout is kept for the result. */
export function jsonView(io: CommandIo, now: () => Date = () => new Date()): ProgressView {
  return {
    report: (event) => {
      io.say(`${JSON.stringify({ time: now().toISOString(), ...event })}\n`);
    },
    close: () => Promise.resolve(),
  };
}
