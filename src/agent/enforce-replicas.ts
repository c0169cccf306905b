import { swarmup } from '../lib/typed-command.js';
import type { Action, Condition, EventDraft } from './action.js';
import type { ServiceSpec } from '../swarm/workload.js';
import { wantedReplicas } from './desired-state.js';
import type { Limits } from './limits.js';
import { driftHoldMs, isContested, isCrashLooping, withStrike, type ServiceMemory } from './memory.js';
import { busyWith, replicasOf, type ObservedService } from './observation.js';
import {
  previousImage,
  previousImageLabel,
  rollbackPoint,
  surgeLabel,
  withLabel,
  withMaxPerNode,
  withReplicas,
  withoutSurge,
} from './service-change.js';
import type { ServiceEntry } from './replica-target.js';

/** The decision about one service. */
export interface Verdict {
  readonly memory: ServiceMemory;
  readonly state: 'ok' | 'drift' | 'held' | 'missing' | 'paused' | 'invalid';
  readonly action?: Action;
  readonly conditions: readonly Condition[];
  /** When to look again, at the latest. */
  readonly wakeInMs?: number;
}

/** A service that crash-loops is not worth quick corrections: each starts more tasks that fail. */
const crashLoopHoldMs = 30_000;

/** The drift of an existing service that is not being moved. */
export function enforceReplicas(
  service: ObservedService,
  target: ServiceEntry,
  memory: ServiceMemory,
  limits: Limits,
  nowMs: number,
): Verdict {
  const { Name: name } = service.Spec;
  const have = replicasOf(service.Spec);
  if (have === undefined) return enforceMode(service, target, memory, limits, nowMs);
  const want = wantedReplicas(target, have);
  const wanted = withMaxPerNode(have === want ? service.Spec : withReplicas(service.Spec, want), target);
  const settled = { ...memory, driftSinceMs: undefined };
  if (wanted === service.Spec) return { memory: settled, state: 'ok', conditions: [] };
  if (target.paused === true) return { memory: settled, state: 'paused', conditions: [] };
  const busy = busyWith(service);
  if (busy !== undefined) {
    const message = `${name} has ${have} replicas, not ${want}, but ${busy}: not changed until that has ended`;
    return { memory: settled, state: 'held', conditions: [held(name, message, busy)] };
  }
  const crashing = isCrashLooping(memory, nowMs);
  const holdMs = Math.max(driftHoldMs(memory, nowMs, limits), crashing ? crashLoopHoldMs : 0);
  const conditions = [
    ...(isContested(memory, nowMs) ? [contested(name, holdMs)] : []),
    ...(crashing ? [held(name, `${name} keeps failing, so its replica count is corrected slowly`, 'crash loop')] : []),
  ];
  const hold = heldFor(memory, holdMs, nowMs);
  if (hold.wakeInMs > 0) return { ...hold, state: 'drift', conditions };
  const action = correction(service, wanted, have, want);
  return { memory: withStrike(settled, nowMs), state: 'drift', action, conditions };
}

/** A declared service that does not exist: made again when there is a spec to make it from. */
export function enforceExistence(
  name: string,
  target: ServiceEntry,
  lastSpec: ServiceSpec | undefined,
  memory: ServiceMemory,
  limits: Limits,
  nowMs: number,
): Verdict {
  const settled = { ...memory, driftSinceMs: undefined };
  if (target.paused === true) return { memory: settled, state: 'paused', conditions: [] };
  if (target.spec === undefined) {
    const message = `the service ${name} does not exist, and there is no stored spec to make it from: ${swarmup`replicas unset ${name}`} forgets it`;
    return { memory: settled, state: 'missing', conditions: [missing(name, message)] };
  }
  const hold = heldFor(memory, driftHoldMs(memory, nowMs, limits), nowMs);
  if (hold.wakeInMs > 0) return { ...hold, state: 'missing', conditions: [] };
  const seen = lastSpec ?? target.spec;
  const spec = withMaxPerNode(withoutSurge(seen, target.replicas), target);
  const message = `made ${name} again with ${target.replicas} replicas: the service was removed although it is declared`;
  const action: Action = {
    kind: 'create-service',
    name,
    spec,
    done: [{ level: 'warning', kind: 'service-recreated', message, service: name }],
  };
  return { memory: withStrike(settled, nowMs), state: 'missing', action, conditions: [] };
}

/** Drift must last: since when it does, and how long it must still; not above 0 when it has lasted long enough. */
function heldFor(
  memory: ServiceMemory,
  holdMs: number,
  nowMs: number,
): { readonly memory: ServiceMemory; readonly wakeInMs: number } {
  const driftSinceMs = memory.driftSinceMs ?? nowMs;
  return { memory: { ...memory, driftSinceMs }, wakeInMs: driftSinceMs + holdMs - nowMs };
}

function correction(service: ObservedService, wanted: ServiceSpec, have: number, want: number): Action {
  const { Name: name } = service.Spec;
  const lost = rollbackPoint(service);
  const image = previousImage(service);
  const spec = lost === undefined || image === undefined ? wanted : withLabel(wanted, previousImageLabel, image);
  const what = have === want ? 'the limit of tasks per node' : `from ${have} to ${want} replicas`;
  const done: EventDraft[] = [
    {
      level: 'info',
      kind: 'drift-corrected',
      message: `corrected ${name}: ${what}`,
      service: name,
      data: { from: have, to: want },
    },
  ];
  if (lost !== undefined)
    done.push({
      level: 'warning',
      kind: 'rollback-point-replaced',
      message:
        `docker service rollback of ${name} no longer restores ${lost}: the last update also changed the replica count` +
        (image === undefined ? '' : ` (kept in the label ${previousImageLabel})`),
      service: name,
      data: { previousImage: image ?? null },
    });
  return {
    kind: 'update-service',
    name,
    id: service.ID,
    version: service.Version.Index,
    spec: spec.Labels?.[surgeLabel] === undefined ? spec : withoutSurge(spec, want),
    why: 'drift',
    done,
  };
}

/**
 * A service in a mode without a count. The engine cannot change the mode of a service, so the declared service was
 * removed and another was made with its name. If there is a stored spec, the new service is removed, and the agent then
 * makes the missing service again. Without a spec, the problem is only reported.
 */
function enforceMode(
  service: ObservedService,
  target: ServiceEntry,
  memory: ServiceMemory,
  limits: Limits,
  nowMs: number,
): Verdict {
  const { Name: name, Mode, TaskTemplate } = service.Spec;
  const mode = Object.keys(Mode ?? {})[0]?.toLowerCase() ?? 'an unknown';
  const message = `${name} is in ${mode} mode, which has no replica count`;
  const settled = { ...memory, driftSinceMs: undefined };
  if (target.spec === undefined) {
    const wrong = { key: `mode:${name}`, level: 'warning', kind: 'bad-declaration', message, service: name } as const;
    return { memory: settled, state: 'invalid', conditions: [wrong] };
  }
  if (target.paused === true) return { memory: settled, state: 'paused', conditions: [] };
  const busy = busyWith(service);
  if (busy !== undefined) {
    const left = `${name} is in ${mode} mode, but ${busy}: not changed until that has ended`;
    return { memory: settled, state: 'held', conditions: [held(name, left, busy)] };
  }
  const holdMs = driftHoldMs(memory, nowMs, limits);
  const conditions = isContested(memory, nowMs) ? [contested(name, holdMs)] : [];
  const hold = heldFor(memory, holdMs, nowMs);
  if (hold.wakeInMs > 0) return { ...hold, state: 'drift', conditions };
  const done: EventDraft = {
    level: 'warning',
    kind: 'mode-corrected',
    message: `removed ${name}: the service was in ${mode} mode, but ${target.replicas} replicas are declared`,
    service: name,
    data: { mode, image: TaskTemplate?.ContainerSpec?.Image ?? null },
  };
  const action: Action = { kind: 'remove-service', name, id: service.ID, done: [done] };
  return { memory: withStrike(settled, nowMs), state: 'drift', action, conditions };
}

const held = (service: string, message: string, identity: string): Condition => ({
  key: `held:${service}`,
  identity,
  level: 'warning',
  kind: 'service-held',
  message,
  service,
});

const missing = (service: string, message: string): Condition => ({
  key: `missing:${service}`,
  level: 'error',
  kind: 'service-missing',
  message,
  service,
});

const contested = (service: string, holdMs: number): Condition => ({
  key: `contested:${service}`,
  identity: '',
  level: 'warning',
  kind: 'drift-contested',
  message: `another program keeps changing ${service}: corrections now wait ` + `${Math.round(holdMs / 100) / 10} s`,
  service,
});
