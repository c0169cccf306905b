import type { EngineClient } from '../../lib/engine-client.js';
import type { Lab } from '../../lab/lab.js';
import type { LabChange } from '../../lab/lab-plan.js';
import type { OperationContext } from '../context.js';
import { planCounts } from './lab-counts.js';
import { planNetworks } from './lab-networks.js';
import { planSecrets } from './lab-secrets.js';
import { planServices } from './lab-services.js';
import { planStacks } from './lab-stacks.js';
import { planSettings } from './lab-settings.js';
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

/** What of a lab is in its swarm: what would be done about it, in an order in which it can be done. Changes nothing. */
export async function planWorkload(planner: WorkloadPlanner): Promise<readonly WorkloadChange[]> {
  const [settings, networks, secrets, stacks, services] = [
    await planSettings(planner),
    await planNetworks(planner),
    await planSecrets(planner),
    await planStacks(planner),
    await planServices(planner),
  ];
  const counts = await planCounts(planner, [...stacks, ...services]);
  const isLast = ({ action }: LabChange): boolean => action === 'remove';
  const made = [...settings, ...networks, ...secrets, ...stacks, ...services, ...counts];
  const removed = [...stacks, ...services, ...secrets, ...networks];
  return [...made.filter((change) => !isLast(change)), ...removed.filter(isLast)];
}
