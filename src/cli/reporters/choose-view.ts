import type { CommandIo } from '../command-io.js';
import { jsonView } from './json-view.js';
import { linesView } from './lines-view.js';
import { planView } from './plan-view.js';
import type { ProgressView } from './progress-view.js';
import { silentView } from './silent-view.js';
import { ttyView } from './tty-view.js';

interface ViewChoice {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly dryRun: boolean;
}

/** The view for a command: the live one only where a person looks and nothing else is printed in between. */
export function chooseView(io: CommandIo, choice: ViewChoice): ProgressView {
  if (choice.quiet) return silentView(io);
  if (choice.json) return jsonView(io);
  if (choice.dryRun) return planView(io);
  const isCi = !['', '0', 'false'].includes(io.env['CI'] ?? '');
  const live = io.isTty('stderr') && !isCi && !choice.debug && io.env['TERM'] !== 'dumb';
  return live ? ttyView(io) : linesView(io);
}
