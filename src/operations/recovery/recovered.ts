import type { PlanOutcome, Step } from '../../plan/step.js';
import type { HostOutcome } from '../access/results.js';

/** A host after a recovery or a restore: `kept` has the swarm, `lost` is forgotten until it is back. */
export type RecoveredHost =
  HostOutcome | { readonly name: string; readonly status: 'kept' | 'lost'; readonly error?: undefined };

/** Throws what went wrong in steps without which there is nothing to tell. */
export function requireDone(steps: readonly Step[], outcome: PlanOutcome): void {
  for (const { id } of steps) {
    const done = outcome.get(id);
    if (done?.status === 'failed') throw done.error;
  }
}
