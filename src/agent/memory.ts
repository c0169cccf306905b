import { isReady } from '../swarm/membership.js';
import type { Action, Condition, EventDraft } from './action.js';
import type { ObservedNode, ObservedTask } from './observation.js';

/** The reconciler's memory of a service from pass to pass. Times are of the monotonic clock. */
export interface ServiceMemory {
  readonly driftSinceMs?: number | undefined;
  /**
   * Rises by one with every correction and decreases over time: it measures how often another program undoes
   * corrections.
   */
  readonly strikes: number;
  readonly strikesAtMs: number;
  readonly corrections: number;
  /** IDs of failed tasks that were counted. */
  readonly failedTasks: readonly string[];
  readonly failureTimesMs: readonly number[];
  readonly lackingSinceMs?: number | undefined;
  readonly unevenSinceMs?: number | undefined;
  readonly movingSinceMs?: number | undefined;
  readonly allRunSinceMs?: number | undefined;
  /** Moves since the service was last even. */
  readonly moves: number;
  readonly nextMoveMs: number;
}

export interface NodeMemory {
  readonly state: string;
  readonly sinceMs: number;
  /** How often it was lost lately; leaks away while it stays. */
  readonly losses: number;
}

export interface Memory {
  /** By service name: a service that is made again keeps its history. */
  readonly services: ReadonlyMap<string, ServiceMemory>;
  readonly nodes: ReadonlyMap<string, NodeMemory>;
  readonly conditions: ReadonlyMap<string, Condition>;
  /** When a node was last promoted, demoted or removed, or may be again when that failed. */
  readonly memberChangeMs: number;
}

export const noMemory: Memory = {
  services: new Map(),
  nodes: new Map(),
  conditions: new Map(),
  memberChangeMs: Number.NEGATIVE_INFINITY,
};

export const newServiceMemory = (nowMs: number): ServiceMemory => ({
  strikes: 0,
  strikesAtMs: nowMs,
  corrections: 0,
  failedTasks: [],
  failureTimesMs: [],
  moves: 0,
  nextMoveMs: Number.NEGATIVE_INFINITY,
});

/** Corrections that may follow each other quickly before the hold time doubles with each. */
const freeStrikes = 15;
const strikeLeakMs = 30_000;

const strikesNow = (memory: ServiceMemory, nowMs: number): number =>
  Math.max(0, memory.strikes - Math.max(0, nowMs - memory.strikesAtMs) / strikeLeakMs);

/** How long drift must last now: short at first, ever longer for a service that drifts again and again. */
export function driftHoldMs(
  memory: ServiceMemory,
  nowMs: number,
  limits: { readonly holdMs: number; readonly longestHoldMs: number },
): number {
  const over = Math.max(0, Math.ceil(strikesNow(memory, nowMs)) - freeStrikes);
  return Math.min(limits.longestHoldMs, limits.holdMs * 2 ** over);
}

/** Another program keeps changing the count. */
export const isContested = (memory: ServiceMemory, nowMs: number): boolean => strikesNow(memory, nowMs) >= freeStrikes;

export const withStrike = (memory: ServiceMemory, nowMs: number): ServiceMemory => ({
  ...memory,
  strikes: strikesNow(memory, nowMs) + 1,
  strikesAtMs: nowMs,
  corrections: memory.corrections + 1,
});

const memberRetryMs = 60_000;

/** After a write that the engine refused for good: a service waits as if it were contested, the nodes for a minute. */
export function withFailedWrite(memory: Memory, { kind, name }: Action, nowMs: number): Memory {
  if (kind === 'update-node' || kind === 'remove-node') return { ...memory, memberChangeMs: nowMs + memberRetryMs };
  const known = memory.services.get(name);
  if (known === undefined) return memory;
  const strikes = Math.max(strikesNow(known, nowMs), freeStrikes) + 1;
  const services = new Map(memory.services).set(name, { ...known, strikes, strikesAtMs: nowMs });
  return { ...memory, services };
}

const failureWindowMs = 120_000;

/** Counts tasks that failed since the last pass; those found by the very first one are old. */
export function withFailures(
  memory: ServiceMemory,
  tasks: readonly ObservedTask[],
  nowMs: number,
  isFirst: boolean,
): ServiceMemory {
  const failed = tasks.filter(({ Status }) => Status.State === 'failed' || Status.State === 'rejected');
  const fresh = isFirst ? [] : failed.filter(({ ID }) => !memory.failedTasks.includes(ID));
  // The list of failed tasks is only read while tasks are lacking: what is not in it now may be in it again.
  const failedTasks = failed.length === 0 ? memory.failedTasks : failed.map(({ ID }) => ID);
  const recent = memory.failureTimesMs.filter((time) => nowMs - time < failureWindowMs);
  return { ...memory, failedTasks, failureTimesMs: [...recent, ...fresh.map(() => nowMs)].slice(-20) };
}

/** While all tasks run, only failures of the last moments count: the service may have been put right. */
const recoveryMs = 15_000;

export function isCrashLooping(memory: ServiceMemory, nowMs: number): boolean {
  const windowMs = memory.lackingSinceMs === undefined ? recoveryMs : failureWindowMs;
  return memory.failureTimesMs.filter((time) => nowMs - time < windowMs).length >= 3;
}

const lossLeakMs = 600_000;

/** The nodes' states and for how long they have held. The first sight of a node counts as long ago. */
export function rememberNodes(
  before: ReadonlyMap<string, NodeMemory>,
  nodes: readonly ObservedNode[],
  nowMs: number,
): ReadonlyMap<string, NodeMemory> {
  return new Map(
    nodes.map(({ ID, Status: { State: state } }) => {
      const known = before.get(ID);
      if (known === undefined)
        return [ID, { state, sinceMs: before.size === 0 ? Number.NEGATIVE_INFINITY : nowMs, losses: 0 }];
      if (known.state === state) return [ID, known];
      const left = Math.max(0, known.losses - (nowMs - known.sinceMs) / lossLeakMs);
      return [ID, { state, sinceMs: nowMs, losses: isReady(known) ? left + 1 : left }];
    }),
  );
}

/** The differences between two sets of conditions, as events. */
export function conditionEvents(
  before: ReadonlyMap<string, Condition>,
  now: ReadonlyMap<string, Condition>,
): readonly EventDraft[] {
  const identity = (condition: Condition): string => condition.identity ?? condition.message;
  const appeared = [...now.values()].filter((condition) => {
    const old = before.get(condition.key);
    return old === undefined || identity(old) !== identity(condition);
  });
  const over = [...before.values()].filter(({ key }) => !now.has(key)).flatMap((condition) => condition.over ?? []);
  return [...over, ...appeared.map(asEvent)];
}

function asEvent({ level, kind, message, service, node, data }: Condition): EventDraft {
  return {
    level,
    kind,
    message,
    ...(service !== undefined && { service }),
    ...(node !== undefined && { node }),
    ...(data !== undefined && { data }),
  };
}
