import { printableLine } from '../../lib/printable.js';
import type { Reporter } from '../../lib/progress-event.js';
import type { CommandIo } from '../command-io.js';
import { seconds } from '../render/seconds.js';
import type { ProgressView } from './progress-view.js';

type Event = Parameters<Reporter>[0];

/** For logs and CI: a line for each thing that happens, with the time of day (UTC). */
export function linesView(io: CommandIo, now: () => Date = () => new Date()): ProgressView {
  return {
    report: (event) => {
      for (const line of textOf(event)) io.say(`${now().toISOString().slice(11, 19)} ${printableLine(line)}\n`);
    },
    close: () => Promise.resolve(),
  };
}

function textOf(event: Event): readonly string[] {
  const host = event.type !== 'plan' && event.host !== undefined ? `${event.host}: ` : '';
  switch (event.type) {
    case 'plan':
      return [];
    case 'step-started':
      return [`${host}${event.title} …`];
    case 'step-detail':
    case 'info':
      return [`${host}${event.message}`];
    case 'step-done':
      return [
        `${host}${event.title} done (${seconds(event.elapsedMs)}${event.unchanged ? ', nothing to change' : ''})`,
      ];
    case 'step-failed':
      return [`${host}${event.title} failed after ${seconds(event.elapsedMs)}: ${event.error.message}`];
    case 'step-skipped':
      return [`${host}${event.step} skipped: ${event.reason}`];
    case 'warning':
      return [`warning: ${host}${event.message}`, ...(event.hints ?? []).map((hint) => `  → ${hint}`)];
  }
}
