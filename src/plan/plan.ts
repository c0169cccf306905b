import type { SwarmupError } from '../lib/errors.js';
import type { SwarmChange } from '../swarm/guardian.js';
import type { PlanOutcome, Step } from './step.js';

/** The change that the quorum guardian of a swarm judges. */
export interface GuardedChange {
  readonly swarm: string;
  readonly change: SwarmChange;
  /** The user insists: what is survivable is done with a warning. */
  readonly force?: boolean;
}

/** The intention of a use case. It is made without changes, so a dry run can show it. */
export interface Plan<R> {
  readonly steps: readonly Step[];
  /** Asked one after another before anything else, also in a dry run: a refusal ends it. */
  readonly guard?: readonly GuardedChange[];
  /** Asks a person before the first step, never in a dry run. Throws to stop while nothing has been changed yet. */
  readonly approve?: () => Promise<void>;
  /** After that, never in a dry run: writes the records that must exist before anything is made. */
  readonly begin?: () => Promise<void>;
  /** When a step failed or the run was stopped: takes back what the steps made, also after Ctrl-C. */
  readonly rollBack?: (outcome: PlanOutcome) => Promise<void>;
  /** The plan that follows when all steps are done, if it cannot be made before because they change the leader. */
  readonly next?: (outcome: PlanOutcome) => Promise<Plan<R>>;
  /** The error that ends an interrupted run, if it explains better than the signal how to continue. */
  readonly interrupted?: (reason: unknown) => SwarmupError;
  /** Last, whether the run succeeded or not, but never in a dry run: what follows the store is brought up to date. */
  readonly finish?: () => Promise<void>;
  /**
   * The one value of the command, from the results of the steps, unless `next` follows; of a dry run, from the results
   * of looking.
   */
  readonly result: (outcome: PlanOutcome) => R | Promise<R>;
}
