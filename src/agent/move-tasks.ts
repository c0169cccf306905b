import type { Action, EventDraft } from './action.js';
import { wantedReplicas } from './desired-state.js';
import type { Limits } from './limits.js';
import type { ServiceMemory } from './memory.js';
import { busyWith, replicasOf, type ObservedService, type ObservedTask } from './observation.js';
import type { MovePlan } from './plan-move.js';
import {
  previousImage,
  previousImageLabel,
  rollbackPoint,
  surgeOf,
  withLabel,
  withoutSurge,
  withSurge,
} from './service-change.js';
import type { ServiceEntry } from './replica-target.js';

interface MoveVerdict {
  readonly memory: ServiceMemory;
  readonly action?: Action;
  /** Tasks above the wanted count that this takes from the budget. */
  readonly extra: number;
  readonly wakeInMs?: number;
}

/** The time between two looks at a service that is being moved, because there is no event when a task runs. */
const watchMs = 500;

/**
 * The next step of a service that has extra tasks: wait until all run, then take the extra ones away. Where they do not
 * run in time it is taken back, unless that would end tasks that do: then it waits for as long as it takes.
 */
export function continueMove(
  service: ObservedService,
  target: ServiceEntry | undefined,
  { tasks, running }: { readonly tasks: readonly ObservedTask[]; readonly running: readonly ObservedTask[] },
  memory: ServiceMemory,
  limits: Limits,
  nowMs: number,
): MoveVerdict {
  const surge = surgeOf(service.Spec) ?? { from: 0, extra: 0 };
  const have = replicasOf(service.Spec) ?? 0;
  const since = memory.movingSinceMs ?? nowMs;
  const moving = { ...memory, movingSinceMs: since };
  if (busyWith(service) !== undefined) return { memory: moving, extra: surge.extra, wakeInMs: 5_000 };
  const isOurs = have === surge.from + surge.extra;
  const goal = (count: number): number => (target === undefined ? count : wantedReplicas(target, count));
  if (!isOurs)
    return end(
      service,
      memory,
      goal(have),
      'rebalance-abandoned',
      'another program set its replica count',
      nowMs,
      limits,
    );
  if (nowMs - since >= limits.moveTimeoutMs && !endsRunning(tasks, running, surge.from)) {
    const why = `${running.length} of ${have} tasks ran after ${limits.moveTimeoutMs / 1000} s`;
    return end(service, memory, goal(surge.from), 'rebalance-abandoned', why, nowMs, limits);
  }
  if (running.length < have)
    return { memory: { ...moving, allRunSinceMs: undefined }, extra: surge.extra, wakeInMs: watchMs };
  const runSince = memory.allRunSinceMs ?? nowMs;
  const leftMs = runSince + limits.moveSettleMs - nowMs;
  if (leftMs > 0)
    return { memory: { ...moving, allRunSinceMs: runSince }, extra: surge.extra, wakeInMs: Math.min(leftMs, watchMs) };
  return end(service, memory, goal(surge.from), 'rebalance-finished', '', nowMs, limits);
}

/**
 * Whether swarm might end running tasks when the count is lowered. It first ends tasks without a node, then tasks from
 * the nodes with the most tasks, and on a node first those that do not run. Source: swarmkit,
 * manager/orchestrator/replicated/services.go.
 */
function endsRunning(tasks: readonly ObservedTask[], running: readonly ObservedTask[], count: number): boolean {
  const runs = new Set(running.map(({ ID }) => ID));
  const perNode = new Map<string, number>();
  const wanted = tasks.filter(({ DesiredState }) => DesiredState === 'running' || DesiredState === 'ready');
  const ranked = wanted
    .sort((a, b) => Number(runs.has(b.ID)) - Number(runs.has(a.ID)))
    .map(({ ID, NodeID = '' }) => {
      const rank = (perNode.get(NodeID) ?? 0) + 1;
      perNode.set(NodeID, rank);
      return { runs: runs.has(ID), rank: NodeID === '' ? Number.POSITIVE_INFINITY : rank };
    })
    .sort((a, b) => b.rank - a.rank);
  const last = ranked[ranked.length - count - 1];
  // Of the same rank it might be any.
  return last !== undefined && ranked.some((task) => task.runs && task.rank >= last.rank);
}

/** The longest a service waits for its next move when moves do not even it out. */
const longestCooldownMs = 3_600_000;

function end(
  service: ObservedService,
  memory: ServiceMemory,
  replicas: number,
  kind: 'rebalance-finished' | 'rebalance-abandoned',
  why: string,
  nowMs: number,
  limits: Limits,
): MoveVerdict {
  const { Name: name } = service.Spec;
  const rest = { ...memory, movingSinceMs: undefined, allRunSinceMs: undefined, unevenSinceMs: undefined };
  const cooldownMs = Math.min(longestCooldownMs, limits.moveCooldownMs * 2 ** Math.max(0, memory.moves - 1));
  const message =
    kind === 'rebalance-finished'
      ? `moved tasks of ${name} to emptier nodes, all ${replicas} run`
      : `undid a move of ${name}: ${why}`;
  const done: EventDraft = {
    level: kind === 'rebalance-finished' ? 'info' : 'warning',
    kind,
    message,
    service: name,
    data: { replicas },
  };
  const action: Action = {
    kind: 'update-service',
    name,
    id: service.ID,
    version: service.Version.Index,
    spec: withoutSurge(service.Spec, replicas),
    why: 'move-end',
    done: [done],
  };
  return { memory: { ...rest, nextMoveMs: nowMs + cooldownMs }, action, extra: 0 };
}

interface MoveContext {
  readonly limits: Limits;
  readonly nowMs: number;
  /** How many tasks more may be in moves. */
  readonly budget: number;
  /** Why the service may not be moved now, or undefined. */
  readonly reason: () => string | undefined;
  /** The moves to nodes that are Ready for long enough. */
  readonly steadyPlan: () => MovePlan;
}

/** Starts a move when the service has been uneven by `plan` for long enough, within the budget. */
export function considerMove(
  service: ObservedService,
  plan: MovePlan,
  memory: ServiceMemory,
  { limits, nowMs, budget, reason, steadyPlan }: MoveContext,
): MoveVerdict {
  const even = { ...memory, movingSinceMs: undefined, allRunSinceMs: undefined, unevenSinceMs: undefined };
  if (plan.moves === 0) return { memory: { ...even, moves: 0 }, extra: 0 };
  if (reason() !== undefined) return { memory: even, extra: 0 };
  const since = memory.unevenSinceMs ?? nowMs;
  const uneven = { ...even, unevenSinceMs: since };
  const leftMs = Math.max(since + limits.moveHoldMs, memory.nextMoveMs) - nowMs;
  if (leftMs > 0) return { memory: uneven, extra: 0, wakeInMs: leftMs };
  const steady = steadyPlan();
  const extra = Math.min(steady.moves, budget);
  if (extra < 1) return { memory: uneven, extra: 0, wakeInMs: 2 * watchMs };
  const begun = { ...even, moves: memory.moves + 1, movingSinceMs: nowMs };
  return { memory: begun, action: start(service, steady, extra), extra, wakeInMs: watchMs };
}

function start(service: ObservedService, plan: MovePlan, extra: number): Action {
  const { Name: name } = service.Spec;
  const have = replicasOf(service.Spec) ?? 0;
  const lost = rollbackPoint(service);
  const image = previousImage(service);
  const surged = withSurge(service.Spec, have, extra);
  const counts = plan.nodes.map(({ node, now, ideal }) => `${node} ${now}→${ideal}`).join(', ');
  const done: EventDraft[] = [
    {
      level: 'info',
      kind: 'rebalance-started',
      message: `moving ${extra} of ${have} tasks of ${name}: ${counts}`,
      service: name,
      data: { extra, replicas: have },
    },
  ];
  if (lost !== undefined)
    done.push({
      level: 'warning',
      kind: 'rollback-point-replaced',
      message: `docker service rollback of ${name} no longer restores ${lost}: the grace time was over`,
      service: name,
      data: { previousImage: image ?? null },
    });
  return {
    kind: 'update-service',
    name,
    id: service.ID,
    version: service.Version.Index,
    spec: lost === undefined || image === undefined ? surged : withLabel(surged, previousImageLabel, image),
    why: 'move-start',
    done,
  };
}
