import { countDifferences, isServiceChanged } from '../../lab/counts.js';
import { readDesiredState } from '../access/desired-state-store.js';
import type { LabChange } from '../../lab/lab-plan.js';
import { unsetReplicas } from '../agent/replicas-entries.js';
import { setReplicas } from '../agent/set-replicas.js';
import type { WorkloadChange, WorkloadPlanner } from './workload-change.js';

/**
 * The replica counts that the agent maintains. A declared count is declared again if its service changes, because the
 * agent makes a service again from its declaration. A lab without the agent has nothing to maintain the counts.
 */
export async function planCounts(
  { context, lab, engine }: WorkloadPlanner,
  workload: readonly LabChange[],
): Promise<readonly WorkloadChange[]> {
  if (lab.swarm?.agent === false) return [];
  const stored = engine && (await readDesiredState(engine, context.signal)).state.services;
  const removed = workload
    .filter(({ what, action }) => what === 'service' && action === 'remove')
    .map(({ name }) => name);
  const declared = Object.entries(lab.services ?? {}).filter(
    ([name, { replicas }]) => replicas !== undefined && !removed.includes(name),
  );
  const orphans = removed.filter((name) => stored !== undefined && Object.hasOwn(stored, name));
  return [
    ...declared.flatMap(([name, service]): readonly WorkloadChange[] => {
      const entry = stored?.[name];
      const details = countDifferences(entry, service);
      if (details.length === 0 && !isServiceChanged(name, workload)) return [];
      const { replicas, min = null, max = null, 'max-per-node': maxPerNode = null, rebalance } = service;
      const request = { counts: [`${name}=${String(replicas)}`], min, max, maxPerNode, rebalance, storeSpec: true };
      return [
        {
          ...{ what: 'count', name, action: entry === undefined ? 'create' : 'update' },
          details: details.length === 0 ? ['the service changes'] : details,
          act: async (own) => {
            const { warnings } = await setReplicas(own, { ...request, swarm: lab.name, dryRun: false });
            for (const message of warnings) own.report({ type: 'warning', message });
          },
        },
      ];
    }),
    ...orphans.map((name): WorkloadChange => ({
      ...{ what: 'count', name, action: 'update', details: ['no longer maintained'] },
      act: (own) => unsetReplicas(own, { swarm: lab.name, names: [name], all: false, dryRun: false }),
    })),
  ];
}
