import type { ManifestService } from '../../lab/manifest-schema.js';
import { readDesiredState } from '../access/desired-state-store.js';
import type { LabChange } from '../../lab/lab-plan.js';
import { unsetReplicas } from '../agent/replicas-entries.js';
import { setReplicas } from '../agent/set-replicas.js';
import type { ServiceEntry } from '../../agent/replica-target.js';
import type { WorkloadChange, WorkloadPlanner } from './workload-change.js';

/** The count of a service: what it has, where that is within the bounds of the manifest, else what the manifest says. */
export function heldCount(service: ManifestService | undefined, has: number | undefined): number | undefined {
  const replicas = service?.replicas;
  if (replicas === undefined || has === undefined) return replicas;
  const bounded = service?.min !== undefined || service?.max !== undefined;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = service ?? {};
  return bounded && has >= min && has <= max ? has : replicas;
}

/**
 * The counts that the agent holds. One that is declared already is declared again when its service changes, as the agent
 * makes it anew from what was declared. Where the lab runs no agent there is nobody to hold them.
 */
export async function planCounts(
  { context, lab, engine }: WorkloadPlanner,
  workload: readonly LabChange[],
): Promise<readonly WorkloadChange[]> {
  const declared = Object.entries(lab.services ?? {}).filter(([, { replicas }]) => replicas !== undefined);
  if (lab.swarm?.agent === false) return [];
  const stored = engine && (await readDesiredState(engine, context.signal)).state.services;
  const removed = workload
    .filter(({ what, action }) => what === 'service' && action === 'remove')
    .map(({ name }) => name);
  const orphans = removed.filter((name) => stored !== undefined && Object.hasOwn(stored, name));
  return [
    ...declared.flatMap(([name, service]): readonly WorkloadChange[] => {
      const entry = stored?.[name];
      const details = differences(entry, service);
      if (details.length === 0 && !isChanged(name, workload)) return [];
      const { replicas, min = null, max = null, 'max-per-node': maxPerNode = null, rebalance } = service;
      const request = { counts: [`${name}=${String(replicas)}`], min, max, maxPerNode, rebalance, storeSpec: true };
      return [
        {
          ...{ what: 'count', name, action: entry === undefined ? 'create' : 'update' },
          details: details.length === 0 ? ['its service changes'] : details,
          act: async () => {
            const { warnings } = await setReplicas(context, { ...request, swarm: lab.name, dryRun: false });
            for (const message of warnings) context.report({ type: 'warning', message });
          },
        },
      ];
    }),
    ...orphans.map((name): WorkloadChange => ({
      ...{ what: 'count', name, action: 'update', details: ['no longer held'] },
      act: async () => {
        await unsetReplicas(context, { swarm: lab.name, names: [name], all: false, dryRun: false });
      },
    })),
  ];
}

/** Itself, or in its stack. */
const isChanged = (name: string, workload: readonly LabChange[]): boolean =>
  workload.some(
    (change) =>
      (change.what === 'service' && change.name === name) ||
      (change.what === 'stack' && change.details.some((detail) => detail.startsWith(`service ${name} `))),
  );

type Shown = string | number | undefined;

function differences(entry: ServiceEntry | undefined, service: ManifestService): readonly string[] {
  const { replicas, min, max, 'max-per-node': perNode, rebalance } = service;
  const pairs: readonly (readonly [string, Shown, Shown])[] = [
    ['replicas', entry?.replicas, replicas],
    ['min', entry?.min, min],
    ['max', entry?.max, max],
    ['max-per-node', entry?.maxPerNode, perNode],
    ['rebalance', entry?.rebalance, rebalance ?? entry?.rebalance],
  ];
  return pairs
    .filter(([, is, should]) => is !== should)
    .map(([what, is, should]) =>
      is === undefined ? `${what} ${String(should)}` : `${what} ${String(is)} -> ${String(should ?? 'none')}`,
    );
}
