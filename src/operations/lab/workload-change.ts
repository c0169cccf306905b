import type { EngineClient } from '../../lib/engine-client.js';
import type { Lab } from '../../lab/lab.js';
import type { LabChange } from '../../lab/lab-plan.js';
import type { OperationContext } from '../access/context.js';
import type { Expected } from '../services/service-references.js';

/** A change of a swarm, and what makes it. */
export interface WorkloadChange extends LabChange {
  /** Resolves when it is done and, of services, when they run. Errors: NOT_CONVERGED (exit 6) and the engine's. */
  readonly act: () => Promise<void>;
}

export interface WorkloadPlanner {
  readonly context: OperationContext;
  readonly lab: Lab;
  /** undefined: the swarm is still to be made, so there is nothing in it. */
  readonly engine: EngineClient | undefined;
  /** For what is done: nothing is planned for a swarm that is still to be made and then done. */
  readonly swarm: () => EngineClient;
  /** How long services may take. */
  readonly timeoutMs: number;
}

export function workloadPlanner(
  context: OperationContext,
  lab: Lab,
  engine: EngineClient | undefined,
  timeoutMs: number,
): WorkloadPlanner {
  const swarm = (): EngineClient => {
    if (engine === undefined) throw new Error('there is no swarm yet');
    return engine;
  };
  return { context, lab, engine, swarm, timeoutMs };
}

/** What the lab makes before its stacks and services. */
export const expectedOf = ({ networks = {}, secrets = {} }: Lab): Expected => ({
  networks: Object.keys(networks),
  secrets: Object.keys(secrets),
});

/** On everything that `up` makes in a swarm; it touches nothing without it. */
export const labLabel = 'swarmup.lab';
