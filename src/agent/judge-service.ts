import { isUnheard } from '../swarm/membership.js';
import type { Action, Condition } from './action.js';
import type { ServiceStatus } from './agent-api.js';
import { declaredFor, type Declared } from './desired-state.js';
import { enforceExistence, enforceReplicas, type Verdict } from './enforce-replicas.js';
import type { Limits } from './limits.js';
import { isCrashLooping, newServiceMemory, withFailures, type Memory, type ServiceMemory } from './memory.js';
import { considerMove, continueMove } from './move-tasks.js';
import {
  replicasOf,
  runningTasks,
  type Observation,
  type ObservedNode,
  type ObservedService,
  type ObservedTask,
} from './observation.js';
import { planMove, unmovable } from './plan-move.js';
import { surgeOf } from './service-change.js';
import { problemConditions, stuckCondition } from './watch-swarm.js';

/** What one look at a service gave. */
interface Finding {
  readonly name: string;
  readonly memory: ServiceMemory;
  readonly action?: Action | undefined;
  readonly conditions: readonly Condition[];
  readonly wakesInMs: readonly number[];
  /** The service whose tasks must be read again before the next look, because there is no event when they change. */
  readonly watchId?: string | undefined;
  /** Of declared services only. */
  readonly status?: ServiceStatus | undefined;
}

interface Outcome extends Omit<Finding, 'name' | 'status' | 'wakesInMs'> {
  readonly state: ServiceStatus['state'];
  readonly wakeInMs?: number | undefined;
}

/** Looks at all services in one pass; the budget of moves is shared between them. */
export class ServiceJudge {
  readonly #seen: Observation;
  readonly #memory: Memory;
  readonly #limits: Limits;
  readonly #services: ReadonlyMap<string, ObservedService>;
  readonly #running: ReadonlyMap<string, readonly ObservedTask[]>;
  readonly #tasks: ReadonlyMap<string, readonly ObservedTask[]>;
  #budget: number;

  constructor(seen: Observation, memory: Memory, limits: Limits) {
    this.#seen = seen;
    this.#memory = memory;
    this.#limits = limits;
    this.#services = new Map(seen.services.map((service) => [service.Spec.Name, service]));
    this.#running = runningTasks(seen);
    this.#tasks = byService(seen.tasks);
    const extra = seen.services.reduce((sum, { Spec }) => sum + (surgeOf(Spec)?.extra ?? 0), 0);
    this.#budget = Math.max(0, limits.moveBudget - extra);
  }

  /** All services there are and all that are declared, in one order. */
  names(): readonly string[] {
    return [...new Set([...this.#services.keys(), ...Object.keys(this.#seen.desired.state.services)])].sort();
  }

  judge(name: string): Finding {
    const service = this.#services.get(name);
    const declared = declaredFor(name, service?.Spec.Labels, this.#seen.desired.state.services[name]);
    const known = this.#memory.services.get(name);
    const memory = known ?? newServiceMemory(this.#seen.nowMs);
    if (service === undefined) return finding(name, declared, undefined, 0, this.#missing(name, declared, memory), []);
    const tasks = this.#tasks.get(service.ID) ?? [];
    const running = this.#running.get(service.ID) ?? [];
    const counted = this.#lack(service, running, withFailures(memory, tasks, this.#seen.nowMs, known === undefined));
    const outcome =
      surgeOf(service.Spec) === undefined
        ? this.#enforce(service, declared, running, counted)
        : this.#continue(service, declared, { tasks, running }, counted);
    return finding(name, declared, service, running.length, outcome, this.#stuck(service, tasks, running, counted));
  }

  #missing(name: string, { target }: Declared, memory: ServiceMemory): Outcome {
    if (target === undefined) return { memory, state: 'invalid', conditions: [] };
    const lastSpec = this.#seen.lastSpecs.get(name);
    return enforceExistence(name, target, lastSpec, memory, this.#limits, this.#seen.nowMs);
  }

  #continue(
    service: ObservedService,
    { target }: Declared,
    seen: { readonly tasks: readonly ObservedTask[]; readonly running: readonly ObservedTask[] },
    memory: ServiceMemory,
  ): Outcome {
    const move = continueMove(service, target, seen, memory, this.#limits, this.#seen.nowMs);
    return { ...move, state: 'moving', conditions: [], watchId: service.ID };
  }

  #enforce(
    service: ObservedService,
    declared: Declared,
    running: readonly ObservedTask[],
    memory: ServiceMemory,
  ): Outcome {
    const { target, declaredBy } = declared;
    const { nowMs } = this.#seen;
    const verdict: Verdict =
      target === undefined
        ? { memory, state: declaredBy === undefined ? 'ok' : 'invalid', conditions: [] }
        : enforceReplicas(service, target, memory, this.#limits, nowMs);
    return verdict.state === 'ok' ? this.#move(service, declared, running, verdict.memory) : verdict;
  }

  #move(
    service: ObservedService,
    { target }: Declared,
    running: readonly ObservedTask[],
    memory: ServiceMemory,
  ): Outcome {
    const { nowMs, wallMs, nodes, desired } = this.#seen;
    const { rebalance } = desired.state.settings;
    const isUnsettled = nodes.some(isUnheard);
    const reason = (): string | undefined => {
      if (!rebalance.enabled) return 'rebalancing is off';
      if (isUnsettled) return 'the state of nodes is unknown';
      if (isCrashLooping(memory, nowMs)) return 'keeps failing';
      return unmovable(service, target, running, { graceSeconds: rebalance.rollbackGraceSeconds, wallMs });
    };
    const move = considerMove(service, planMove(service.Spec, nodes, running), memory, {
      limits: this.#limits,
      nowMs,
      budget: this.#budget,
      reason,
      steadyPlan: () => planMove(service.Spec, nodes, running, (node) => this.#isSteady(node)),
    });
    this.#budget -= move.extra;
    return { ...move, state: 'ok', conditions: [], ...(move.wakeInMs !== undefined && { watchId: service.ID }) };
  }

  /** Ready for long enough to be given tasks; longer for a node that was lost before. */
  #isSteady(node: ObservedNode): boolean {
    const known = this.#memory.nodes.get(node.ID);
    if (known === undefined) return false;
    const holdMs = this.#limits.moveHoldMs * 2 ** Math.min(5, Math.max(0, Math.ceil(known.losses) - 1));
    return this.#seen.nowMs - known.sinceMs >= holdMs;
  }

  #lack(service: ObservedService, running: readonly ObservedTask[], memory: ServiceMemory): ServiceMemory {
    const have = replicasOf(service.Spec);
    const lacks = have !== undefined && running.length < have;
    return { ...memory, lackingSinceMs: lacks ? (memory.lackingSinceMs ?? this.#seen.nowMs) : undefined };
  }

  /** Lacking tasks are looked at again soon at first, then ever more seldom. */
  #stuck(
    service: ObservedService,
    tasks: readonly ObservedTask[],
    running: readonly ObservedTask[],
    { lackingSinceMs }: ServiceMemory,
  ): readonly Lack[] {
    if (lackingSinceMs === undefined) return [];
    const forMs = this.#seen.nowMs - lackingSinceMs;
    const wakeInMs = Math.min(this.#limits.resyncMs, Math.max(1_000, forMs / 2));
    if (forMs < this.#limits.stuckAfterMs)
      return [{ watchId: service.ID, wakeInMs: Math.min(wakeInMs, this.#limits.stuckAfterMs - forMs) }];
    return [{ watchId: service.ID, wakeInMs, condition: stuckCondition(service, tasks, running.length) }];
  }
}

interface Lack {
  readonly watchId: string;
  readonly wakeInMs: number;
  readonly condition?: Condition;
}

function finding(
  name: string,
  declared: Declared,
  service: ObservedService | undefined,
  running: number,
  outcome: Outcome,
  lacks: readonly Lack[],
): Finding {
  const conditions = [
    ...problemConditions(declared.problems),
    ...outcome.conditions,
    ...lacks.flatMap(({ condition }) => condition ?? []),
  ];
  const have = service === undefined ? null : (replicasOf(service.Spec) ?? null);
  return {
    name,
    memory: outcome.memory,
    action: outcome.action,
    conditions,
    wakesInMs: [outcome.wakeInMs, ...lacks.map(({ wakeInMs }) => wakeInMs)].filter((ms) => ms !== undefined),
    watchId: outcome.watchId ?? lacks[0]?.watchId,
    status: statusOf(name, declared, have, running, outcome, conditions),
  };
}

function statusOf(
  name: string,
  { target, declaredBy }: Declared,
  have: number | null,
  running: number,
  { state, memory }: Outcome,
  conditions: readonly Condition[],
): ServiceStatus | undefined {
  if (declaredBy === undefined) return undefined;
  const {
    replicas = null,
    min = null,
    max = null,
    maxPerNode = null,
    rebalance = 'auto',
    paused = false,
  } = target ?? {};
  return {
    name,
    declaredBy,
    want: replicas,
    min,
    max,
    maxPerNode,
    rebalance,
    paused,
    have,
    running,
    state,
    corrections: memory.corrections,
    problems: conditions.map(({ message }) => message),
  };
}

function byService(tasks: readonly ObservedTask[]): ReadonlyMap<string, readonly ObservedTask[]> {
  const found = new Map<string, ObservedTask[]>();
  for (const task of tasks) {
    const list = found.get(task.ServiceID);
    if (list === undefined) found.set(task.ServiceID, [task]);
    else list.push(task);
  }
  return found;
}
