import { isReady } from '../swarm/membership.js';
import type { ServiceSpec } from '../swarm/workload.js';
import {
  busyWith,
  nodeName,
  replicasOf,
  type ObservedNode,
  type ObservedService,
  type ObservedTask,
} from './observation.js';
import { mayReceive } from '../swarm/placement.js';
import { rebalanceLabel } from './read-target.js';
import { rollbackPoint, surgeOf } from './service-change.js';
import type { ServiceEntry } from './replica-target.js';

/** How the tasks of a service lie on the nodes, and how they could. */
export interface MovePlan {
  readonly service: string;
  /** Tasks per node; only nodes that hold some or may receive some. */
  readonly nodes: readonly { readonly node: string; readonly now: number; readonly ideal: number }[];
  /** How many tasks are to move; 0 when the service is even enough. */
  readonly moves: number;
}

interface RollbackGrace {
  /** For how long after an update its rollback point is not touched; null: for ever. */
  readonly graceSeconds: number | null;
  readonly wallMs: number;
}

/** Why a service is not moved although it may be uneven, or undefined. */
export function unmovable(
  service: ObservedService,
  target: ServiceEntry | undefined,
  running: readonly ObservedTask[],
  rollback: RollbackGrace,
): string | undefined {
  const have = replicasOf(service.Spec);
  if (have === undefined) return 'is in global mode';
  const stays = mustStay(service, target, have) ?? busyWith(service);
  if (stays !== undefined) return stays;
  if (running.length !== have) return `has ${running.length} of ${have} tasks running`;
  const point = rollbackPoint(service);
  return point === undefined || isOld(service, rollback)
    ? undefined
    : `can be rolled back to ${point}, which a move would make impossible`;
}

/** By its declaration or its making. */
function mustStay(service: ObservedService, target: ServiceEntry | undefined, have: number): string | undefined {
  const { Spec: spec } = service;
  if ((target?.rebalance ?? spec.Labels?.[rebalanceLabel]) === 'never') return 'is marked swarmup.rebalance=never';
  if (target?.paused === true) return 'is paused';
  if (have < 2) return 'has a single replica';
  if (surgeOf(spec) !== undefined) return 'is being moved';
  const preferences = spec.TaskTemplate?.Placement?.Preferences ?? [];
  return preferences.length > 0 ? 'has placement preferences, which swarm uses to spread it' : undefined;
}

function isOld(service: ObservedService, rollback: RollbackGrace): boolean {
  const completed = Date.parse(service.UpdateStatus?.CompletedAt ?? '');
  return (
    rollback.graceSeconds !== null &&
    !Number.isNaN(completed) &&
    rollback.wallMs - completed > rollback.graceSeconds * 1000
  );
}

/**
 * The moves that even a service out: one at a time from the fullest node to the emptiest that may receive, while they
 * differ by two or more. `receives` says which nodes are settled enough to be given tasks.
 */
export function planMove(
  spec: ServiceSpec,
  nodes: readonly ObservedNode[],
  running: readonly ObservedTask[],
  receives: (node: ObservedNode) => boolean = () => true,
): MovePlan {
  const perNode = new Map<string, number>();
  for (const { NodeID } of running) perNode.set(NodeID ?? '', (perNode.get(NodeID ?? '') ?? 0) + 1);
  const max = spec.TaskTemplate?.Placement?.MaxReplicas;
  const most = max === undefined || max === 0 ? Number.POSITIVE_INFINITY : max;
  const places = nodes
    .filter(isReady)
    .map((node) => ({
      node: nodeName(node),
      now: perNode.get(node.ID) ?? 0,
      ideal: perNode.get(node.ID) ?? 0,
      receives: mayReceive(spec, node) && receives(node),
    }))
    .filter((place) => place.receives || place.now > 0);
  let moves = 0;
  for (;;) {
    const full = places.reduce<Place | undefined>((a, b) => (a !== undefined && a.ideal >= b.ideal ? a : b), undefined);
    const empty = places
      .filter((place) => place.receives && place.ideal < most)
      .reduce<Place | undefined>((a, b) => (a !== undefined && a.ideal <= b.ideal ? a : b), undefined);
    if (full === undefined || empty === undefined || full.ideal - empty.ideal < 2) break;
    full.ideal -= 1;
    empty.ideal += 1;
    moves += 1;
  }
  return { service: spec.Name, nodes: places.map(({ node, now, ideal }) => ({ node, now, ideal })), moves };
}

interface Place {
  ideal: number;
}
