import type { PlanOutcome, Step } from './step.js';

/** Throws what went wrong in steps without which there is nothing to tell. */
export function requireDone(steps: readonly Step[], outcome: PlanOutcome): void {
  for (const { id } of steps) {
    const done = outcome.get(id);
    if (done?.status === 'failed') throw done.error;
  }
}
