import { differences } from './differences.js';
import type { LabChange } from './lab-plan.js';
import type { ManifestService } from './manifest-schema.js';

/** The count of a service: its present count if the bounds of the manifest allow it, else the count of the manifest. */
export function heldCount(service: ManifestService | undefined, has: number | undefined): number | undefined {
  const replicas = service?.replicas;
  if (replicas === undefined || has === undefined) return replicas;
  const bounded = service?.min !== undefined || service?.max !== undefined;
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = service ?? {};
  return bounded && has >= min && has <= max ? has : replicas;
}

/** What the agent holds of a service. */
interface HeldCount {
  readonly replicas: number;
  readonly min?: number;
  readonly max?: number;
  readonly maxPerNode?: number;
  readonly rebalance?: string;
}

/**
 * The differences between the present and the wanted declaration; the rebalance setting stays unless the manifest names
 * it.
 */
export function countDifferences(held: HeldCount | undefined, service: ManifestService): readonly string[] {
  const { replicas, min, max, 'max-per-node': perNode, rebalance = held?.rebalance } = service;
  return differences([
    ['replicas', held?.replicas, replicas],
    ['min', held?.min, min],
    ['max', held?.max, max],
    ['max-per-node', held?.maxPerNode, perNode],
    ['rebalance', held?.rebalance, rebalance],
  ]);
}

/** Whether a service changes, by itself or in its stack. */
export const isServiceChanged = (name: string, changes: readonly LabChange[]): boolean =>
  changes.some(
    (change) =>
      (change.what === 'service' && change.name === name) ||
      (change.what === 'stack' && change.details.some((detail) => detail.startsWith(`service ${name} `))),
  );
