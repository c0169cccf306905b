import type { CommandIo } from '../command-io.js';
import type { ProgressView } from './progress-view.js';
import { warningText } from './warning-text.js';

/** `--quiet`: warnings only. */
export function silentView(io: CommandIo): ProgressView {
  return {
    report: (event) => {
      if (event.type === 'warning') io.say(warningText(io, event));
    },
    close: () => Promise.resolve(),
  };
}
