import type { CommandIo } from '../command-io.js';
import type { ProgressView } from './progress-view.js';
import { silentView } from './silent-view.js';

/** For `--dry-run`: the steps of the plan, in their order. */
export function planView(io: CommandIo): ProgressView {
  const silent = silentView(io);
  return {
    ...silent,
    report: (event) => {
      if (event.type === 'plan')
        for (const { host, title } of event.steps) io.say(`${host === undefined ? '' : `${host}: `}${title}\n`);
      else if (event.type === 'info') io.say(`${event.message}\n`);
      else silent.report(event);
    },
  };
}
