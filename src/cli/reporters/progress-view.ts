import type { Reporter } from '../../lib/progress-event.js';

/** Shows progress on stderr. */
export interface ProgressView {
  readonly report: Reporter;
  /** Ends the display; nothing is shown after it. Resolves when everything is written. */
  close(): Promise<void>;
}
