import { mayReceive } from './placement.js';
import { isReady } from './membership.js';
import { replicasOf, type Service, type ServiceSpec, type Task, type WorkloadNode } from './workload.js';

/**
 * Marks a service whose tasks are being moved off a node, with the earlier values of its spec, which undo an aborted
 * run.
 */
const marker = 'swarmup.emptying';

interface Marked {
  readonly nodes: readonly string[];
  readonly updateConfig: unknown;
}

/** The plan for the tasks of nodes that are emptied. */
export interface EmptyPlan {
  /** Their tasks get a replacement elsewhere first. */
  readonly moves: readonly Service[];
  /** What ends with its node, and why that cannot be otherwise. */
  readonly ends: readonly { readonly service: string; readonly why: string }[];
  /** Why they cannot be emptied without a gap. */
  readonly obstacles: readonly { readonly service: string; readonly why: string; readonly isCapacity: boolean }[];
}

type NodeIds = readonly string[];

const runsThere = (nodeIds: NodeIds, task: Task): boolean =>
  nodeIds.includes(task.NodeID ?? '') && task.DesiredState === 'running' && task.Status.State === 'running';

/** Looks at every service with tasks on these nodes. Pure. */
export function planEmptying(
  nodeIds: NodeIds,
  services: readonly Service[],
  tasks: readonly Task[],
  nodes: readonly WorkloadNode[],
): EmptyPlan {
  const plan = {
    moves: [] as Service[],
    ends: [] as EmptyPlan['ends'][number][],
    obstacles: [] as EmptyPlan['obstacles'][number][],
  };
  for (const service of services) {
    const { Name: name } = service.Spec;
    const there = tasks.filter((task) => task.ServiceID === service.ID && runsThere(nodeIds, task)).length;
    if (there === 0) continue;
    if (replicasOf(service.Spec) === undefined) {
      plan.ends.push({ service: name, why: 'the service is not replicated, so its task on a node ends with the node' });
      continue;
    }
    const obstacle = obstacleOf(nodeIds, service, there, tasks, nodes);
    if (obstacle === undefined) plan.moves.push(service);
    else plan.obstacles.push({ service: name, ...obstacle });
  }
  return plan;
}

function obstacleOf(
  nodeIds: NodeIds,
  service: Service,
  there: number,
  tasks: readonly Task[],
  nodes: readonly WorkloadNode[],
): { readonly why: string; readonly isCapacity: boolean } | undefined {
  const state = service.UpdateStatus?.State ?? '';
  if (['updating', 'paused', 'rollback_started', 'rollback_paused'].includes(state))
    return { why: `the update of the service is ${state.replace('_', ' ')}`, isCapacity: false };
  const others = nodes.filter((node) => !nodeIds.includes(node.ID) && mayReceive(service.Spec, node));
  if (others.length === 0) return { why: 'no other node may run the service', isCapacity: true };
  const most = service.Spec.TaskTemplate?.Placement?.MaxReplicas ?? 0;
  if (most === 0) return undefined;
  const has = (node: WorkloadNode): number =>
    tasks.filter((task) => task.ServiceID === service.ID && runsThere([node.ID], task)).length;
  const room = others.reduce((sum, node) => sum + Math.max(0, most - has(node)), 0);
  return room >= there
    ? undefined
    : {
        why: `the other nodes have room for ${room} of its ${there} tasks (at most ${most} a node)`,
        isCapacity: true,
      };
}

/**
 * The spec that makes swarm itself replace just the tasks on some nodes, each by one elsewhere that runs and is healthy
 * before the old one goes: constraints against the nodes, and a start-first update of all at once. Swarm restarts no
 * task for a constraint that the task's node fulfils (measured with 20.10), so nothing else moves.
 */
export function specWithout(nodeIds: NodeIds, spec: ServiceSpec): ServiceSpec {
  const placement = spec.TaskTemplate?.Placement;
  const marked: Marked = { nodes: nodeIds, updateConfig: spec['UpdateConfig'] ?? null };
  return {
    ...spec,
    Labels: { ...spec.Labels, [marker]: JSON.stringify(marked) },
    TaskTemplate: {
      ...spec.TaskTemplate,
      Placement: { ...placement, Constraints: [...(placement?.Constraints ?? []), ...nodeIds.map(against)] },
    },
    UpdateConfig: { Parallelism: 0, Order: 'start-first', FailureAction: 'pause', Monitor: 5e9, MaxFailureRatio: 0 },
  };
}

const against = (nodeId: string): string => `node.id!=${nodeId}`;

/** The earlier spec, with changes that others made meanwhile; undefined if it is not marked. */
export function specRestored(spec: ServiceSpec): ServiceSpec | undefined {
  const text = spec.Labels?.[marker];
  if (text === undefined) return undefined;
  const { nodes, updateConfig } = JSON.parse(text) as Marked;
  const ours = nodes.map(against);
  const labels = Object.fromEntries(Object.entries(spec.Labels ?? {}).filter(([key]) => key !== marker));
  const rest = Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'UpdateConfig')) as ServiceSpec;
  const placement = spec.TaskTemplate?.Placement;
  const constraints = (placement?.Constraints ?? []).filter((constraint) => !ours.includes(constraint));
  return {
    ...rest,
    Labels: labels,
    TaskTemplate: { ...spec.TaskTemplate, Placement: { ...placement, Constraints: constraints } },
    ...(updateConfig !== null && { UpdateConfig: updateConfig }),
  };
}

interface MoveProgress {
  readonly state: 'done' | 'failed' | 'working';
  readonly message: string;
  /** No node can take a replacement, as things are. */
  readonly stuck?: boolean;
}

/** How far a service with `specWithout` has come. */
export function judgeMove(
  nodeIds: NodeIds,
  service: Service,
  tasks: readonly Task[],
  nodes: readonly WorkloadNode[],
): MoveProgress {
  const ready = new Set(nodes.filter(isReady).map(({ ID }) => ID));
  const wanted = tasks.filter(({ DesiredState }) => DesiredState === 'running');
  const left = wanted.filter((task) => nodeIds.includes(task.NodeID ?? '')).length;
  const running = wanted.filter(
    (task) => !nodeIds.includes(task.NodeID ?? '') && ready.has(task.NodeID ?? '') && task.Status.State === 'running',
  ).length;
  const { State: state = '', Message: said = '' } = service.UpdateStatus ?? {};
  if (state === 'paused' || state.startsWith('rollback'))
    return { state: 'failed', message: `a replacement on another node failed${said === '' ? '' : ` (${said})`}` };
  const count = replicasOf(service.Spec) ?? 0;
  const message = `${left} tasks left, ${running} of ${count} run on other nodes`;
  if (left === 0 && running >= count && state !== 'updating') return { state: 'done', message };
  const reasons = tasks.flatMap(({ Status }) => (Status.State === 'pending' ? [Status.Err ?? ''] : []));
  const why = reasons.find((text) => text.startsWith('no suitable node'));
  return { state: 'working', message: why === undefined ? message : `${message}: ${why}`, stuck: why !== undefined };
}
