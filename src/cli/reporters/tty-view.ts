import type { PlannedStep, Reporter } from '../../lib/progress-event.js';
import type { CommandIo } from '../command-io.js';
import { painter } from '../render/paint.js';
import { LiveList } from './live-list.js';
import type { ProgressView } from './progress-view.js';
import { warningText } from './warning-text.js';

/** For people: a live line per host. What belongs to no plan is printed as it comes. `now` is in milliseconds. */
export function ttyView(io: CommandIo, now: () => number = () => performance.now()): ProgressView {
  let list: LiveList | undefined;
  const begin = (steps: readonly PlannedStep[]): void => {
    // Two lists cannot be drawn at once: the next begins when the one before it was drawn for the last time.
    list = new LiveList(io, steps, now, list?.close() ?? Promise.resolve());
  };
  const note = (text: string): void => {
    if (list === undefined) io.say(text);
    else list.note(text.trimEnd());
  };
  const report: Reporter = (event) => {
    if (event.type === 'plan') begin(event.steps);
    else if (event.type === 'warning') note(warningText(io, event));
    else if (event.type === 'info')
      note(`${painter(io, 'stderr')('dim', `${event.host === undefined ? '' : `${event.host}: `}${event.message}`)}\n`);
    else list?.take(event);
  };
  const close = async (): Promise<void> => {
    await list?.close();
    if (list !== undefined) io.say('\n');
  };
  return { report, close };
}
