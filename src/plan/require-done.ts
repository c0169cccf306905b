import type { PlanOutcome, Step } from './step.js';

/** Throws what went wrong in steps without which there is nothing to tell. */
export function requireDone(steps: readonly Step[], outcome: PlanOutcome): void {
  for (const { id } of steps) {
    const done = outcome.get(id);
    if (done?.status === 'failed') throw done.error;
  }
}

/**
 * For work that is done as a whole or not at all: throws if a step failed. Errors: that of the first failed step; the
 * reason why the run was stopped.
 */
export function requireWhole(outcome: PlanOutcome): void {
  const outcomes = [...outcome.values()];
  const failed = outcomes.find((found) => found.status === 'failed');
  if (failed !== undefined) throw failed.error as Error;
  const skipped = outcomes.find((found) => found.status === 'skipped');
  if (skipped !== undefined)
    throw (skipped.stoppedBy as Error | undefined) ?? new Error(`a step was left out: ${skipped.reason}`);
}
