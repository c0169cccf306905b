import type { PlanOutcome } from './step.js';

/**
 * For what is done as a whole or not at all: ends it with what went wrong.
 * Errors: that of the first step that failed; the reason why the run was stopped.
 */
export function requireWhole(outcome: PlanOutcome): void {
  const outcomes = [...outcome.values()];
  const failed = outcomes.find((found) => found.status === 'failed');
  if (failed !== undefined) throw failed.error as Error;
  const skipped = outcomes.find((found) => found.status === 'skipped');
  if (skipped !== undefined)
    throw (skipped.stoppedBy as Error | undefined) ?? new Error(`a step was left out: ${skipped.reason}`);
}
