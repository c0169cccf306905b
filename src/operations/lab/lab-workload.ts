import type { LabChange } from '../../lab/lab-plan.js';
import { planCounts } from './lab-counts.js';
import { planNetworks } from './lab-networks.js';
import { planSecrets } from './lab-secrets.js';
import { planServices } from './lab-services.js';
import { planStacks } from './lab-stacks.js';
import { planSettings } from './lab-settings.js';
import type { WorkloadChange, WorkloadPlanner } from './workload-change.js';

/** The planned changes to the objects of a lab in its swarm, in a possible order. Changes nothing. */
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
