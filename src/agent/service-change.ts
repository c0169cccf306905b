import type { ServiceSpec } from '../swarm/workload.js';
import { stableJson } from '../lib/stable-json.js';
import { replicasOf, type ObservedService } from './observation.js';
import type { ReplicaTarget } from './replica-target.js';

/** Set while a service has extra tasks that replace those on full nodes: `6+2` is 6 wanted and 2 extra. */
export const surgeLabel = 'swarmup.surge';
/** The image that a rollback led to before the agent had to replace the rollback point. */
export const previousImageLabel = 'swarmup.previous-image';

interface Surge {
  readonly from: number;
  readonly extra: number;
}

/** The move of a service, by any agent; undefined if the service is not being moved. */
export function surgeOf(spec: ServiceSpec): Surge | undefined {
  const match = /^(\d{1,6})\+(\d{1,6})$/.exec(spec.Labels?.[surgeLabel] ?? '');
  return match === null ? undefined : { from: Number(match[1]), extra: Number(match[2]) };
}

/** The spec with another count, and nothing else changed. */
export const withReplicas = (spec: ServiceSpec, replicas: number): ServiceSpec => ({
  ...spec,
  Mode: { Replicated: { Replicas: replicas } },
});

/** The start of a move: swarm puts the extra tasks on the emptiest nodes. */
export const withSurge = (spec: ServiceSpec, from: number, extra: number): ServiceSpec =>
  withLabel(withReplicas(spec, from + extra), surgeLabel, `${from}+${extra}`);

/** The end of a move: swarm takes tasks away from the fullest nodes. */
export const withoutSurge = (spec: ServiceSpec, replicas: number): ServiceSpec => ({
  ...withReplicas(spec, replicas),
  Labels: without(spec.Labels, surgeLabel),
});

export const withLabel = (spec: ServiceSpec, label: string, value: string): ServiceSpec => ({
  ...spec,
  Labels: { ...spec.Labels, [label]: value },
});

/** The spec with the declared bound per node. Swarm restarts no task for it (measured). */
export function withMaxPerNode(spec: ServiceSpec, target: ReplicaTarget): ServiceSpec {
  const { maxPerNode } = target;
  if (maxPerNode === undefined || spec.TaskTemplate?.Placement?.MaxReplicas === maxPerNode) return spec;
  const { TaskTemplate: template } = spec;
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template?.Placement, MaxReplicas: maxPerNode } } };
}

export const imageOf = (spec: ServiceSpec): string | undefined => spec.TaskTemplate?.ContainerSpec?.Image;

/**
 * The settings that `docker service rollback` would restore besides a count, in words, or undefined if there are none:
 * any write to a service replaces them. Counts, declarations and the agent's own labels do not matter.
 */
export function rollbackPoint(service: ObservedService): string | undefined {
  const { Spec: now, PreviousSpec: before } = service;
  if (before === undefined || before === null || comparable(now) === comparable(before)) return undefined;
  return previousImage(service)?.replace(/@sha256:.*/, '') ?? 'its previous settings';
}

/** The image that a rollback would bring back; undefined when it is the one in use. */
export function previousImage({ Spec: now, PreviousSpec: before }: ObservedService): string | undefined {
  const image = before === undefined || before === null ? undefined : imageOf(before);
  return image === imageOf(now) ? undefined : image;
}

/** A spec without counts and what declares them; keys in one order. */
function comparable(spec: ServiceSpec): string {
  const template = spec.TaskTemplate;
  return stableJson({
    ...spec,
    Labels: Object.fromEntries(Object.entries(spec.Labels ?? {}).filter(([label]) => !label.startsWith('swarmup.'))),
    Mode: replicasOf(spec) === undefined ? spec.Mode : 'replicated',
    TaskTemplate: {
      ...without(template, 'ForceUpdate'),
      Placement: without(template?.Placement, 'MaxReplicas'),
    },
  });
}

const without = <T>(
  object: Readonly<Record<string, T>> | null | undefined,
  ...keys: readonly string[]
): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(object ?? {}).filter(([key]) => !keys.includes(key)));
