import { declaredFor } from '../../agent/desired-state.js';
import { type ObservedService, replicasOf, runningTasks } from '../../agent/observation.js';
import { type MovePlan, planMove, unmovable } from '../../agent/plan-move.js';
import { surgeOf, withoutSurge, withSurge } from '../../agent/service-change.js';
import { withDeadline } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import type { PlanOutcome, Step } from '../../plan/step.js';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { leadingAgent } from './leading-agent.js';
import { observeServices, type ServicesSeen } from '../access/observe-services.js';

interface RebalanceRequest {
  readonly swarm: string;
  /** Empty: all services that have a count. */
  readonly services: readonly string[];
  readonly dryRun: boolean;
}

export interface RebalanceResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly services: readonly RebalancedService[];
}

export interface RebalancedService extends MovePlan {
  /** `even`: there is nothing to move; `skipped`: see `reason`. */
  readonly status: 'moved' | 'would-move' | 'even' | 'skipped' | 'failed';
  readonly reason?: string;
}

const moveTimeoutMs = 3 * 60_000;
const takeBackMs = 10_000;
const lookMs = 300;

/**
 * Spreads services evenly over the nodes, one service after another: extra tasks start on the emptiest nodes, and when
 * all of them run, the same number of tasks is removed from the fullest nodes. The leading agent finishes a move that
 * was started, even after an abort; without an agent, this function does. Services that must not move are skipped.
 * Errors: SERVICE_UNKNOWN (exit 2), those of `guardSwarm`. The error of a failed move is in the row of its service.
 */
export function rebalance(context: OperationContext, request: RebalanceRequest): Promise<RebalanceResult> {
  const { swarm, dryRun } = request;
  const plan = async ({ access: { engine } }: GuardedSwarm) => {
    const planned = movePlans(await observeServices(engine, context.signal), request.services, context.now());
    const withAgent = (await leadingAgent(context, swarm)) !== undefined;
    const moving = planned.filter(({ status }) => status === 'would-move');
    return {
      steps: moving.map((service) => moveStep(engine, service, withAgent)),
      result: (outcome: PlanOutcome) => {
        context.signal.throwIfAborted();
        return { swarm, dryRun, services: planned.map((service) => (dryRun ? service : moved(service, outcome))) };
      },
    };
  };
  return carryOut(context, { swarm, plan }, { dryRun });
}

const moveId = ({ service }: RebalancedService): string => `${service}/move`;

function moved(plan: RebalancedService, outcome: PlanOutcome): RebalancedService {
  const found = outcome.get(moveId(plan));
  if (found === undefined) return plan;
  return found.status === 'failed'
    ? { ...plan, status: 'failed', reason: messageOf(found.error) }
    : { ...plan, status: 'moved' };
}

/** What a rebalance would do with each service. Pure. Errors: SERVICE_UNKNOWN (exit 2). */
function movePlans(seen: ServicesSeen, names: readonly string[], now: Date): readonly RebalancedService[] {
  const running = runningTasks(seen);
  const { services: entries, settings } = seen.desired.state;
  const rollback = { graceSeconds: settings.rebalance.rollbackGraceSeconds, wallMs: now.getTime() };
  return chosen(seen.services, names).map((service) => {
    const { Name: name, Labels: labels } = service.Spec;
    const mine = running.get(service.ID) ?? [];
    const plan = planMove(service.Spec, seen.nodes, mine);
    if (plan.moves === 0 && (replicasOf(service.Spec) ?? 0) === mine.length) return { ...plan, status: 'even' };
    const reason = unmovable(service, declaredFor(name, labels, entries[name]).target, mine, rollback);
    return reason === undefined ? { ...plan, status: 'would-move' } : { ...plan, status: 'skipped', reason };
  });
}

function chosen(services: readonly ObservedService[], names: readonly string[]): readonly ObservedService[] {
  if (names.length === 0)
    return services
      .filter(({ Spec }) => replicasOf(Spec) !== undefined)
      .sort((a, b) => (a.Spec.Name < b.Spec.Name ? -1 : 1));
  return [...new Set(names)].map((name) => {
    const found = services.find(({ Spec }) => Spec.Name === name);
    if (found !== undefined) return found;
    throw usageError('SERVICE_UNKNOWN', `there is no service named ${name}`, 'docker service ls shows all services');
  });
}

const moveStep = (engine: EngineClient, plan: RebalancedService, withAgent: boolean): Step => ({
  id: moveId(plan),
  title: `move ${plan.moves} tasks of ${plan.service}`,
  needs: [],
  exclusive: 'moves',
  // Longer than the deadline of the wait, whose error names the object that it waited for.
  timeoutMs: moveTimeoutMs + 60_000,
  graceMs: takeBackMs,
  run: async ({ signal }) => {
    try {
      await start(engine, plan, signal);
      const what = `the moved tasks of ${plan.service} to run`;
      await withDeadline({ timeoutMs: moveTimeoutMs, what, signal }, (waiting) =>
        finish(engine, plan, withAgent, waiting),
      );
      return 'changed';
    } catch (error) {
      // The caller's signal may have fired, and no one else would end the move.
      if (!withAgent) await end(engine, plan.service, AbortSignal.timeout(takeBackMs)).catch(() => undefined);
      throw error;
    }
  },
});

/** Uses the current version; the engine refuses the update if another program has changed the service since. */
async function start(engine: EngineClient, plan: RebalancedService, signal: AbortSignal): Promise<void> {
  const service = await readService(engine, plan.service, signal);
  const have = replicasOf(service.Spec);
  const planned = plan.nodes.reduce((sum, node) => sum + node.now, 0);
  if (have !== planned || surgeOf(service.Spec) !== undefined)
    throw new SwarmupError('SERVICE_CHANGED', `another program changed ${plan.service} in the meantime`, {
      retryable: true,
    });
  await update(engine, service, withSurge(service.Spec, have, plan.moves), signal);
}

/**
 * Waits until the move has ended. Without an agent, this function ends the move itself: when all tasks run, or when
 * they never do.
 */
async function finish(
  engine: EngineClient,
  plan: RebalancedService,
  withAgent: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const service = await readService(engine, plan.service, signal);
    if (surgeOf(service.Spec) === undefined) return;
    if (!withAgent && (await allRun(engine, service, signal))) await end(engine, plan.service, signal);
    else await sleepFor(lookMs, undefined, { signal });
  }
}

/** Removes the extra tasks. It is not an error if another program has removed them. */
async function end(engine: EngineClient, name: string, signal: AbortSignal): Promise<void> {
  const service = await readService(engine, name, signal);
  const surge = surgeOf(service.Spec);
  if (surge !== undefined) await update(engine, service, withoutSurge(service.Spec, surge.from), signal);
}

async function allRun(engine: EngineClient, service: ObservedService, signal: AbortSignal): Promise<boolean> {
  const running = runningTasks(await observeServices(engine, signal)).get(service.ID) ?? [];
  return running.length >= (replicasOf(service.Spec) ?? 0);
}

const readService = (engine: EngineClient, name: string, signal: AbortSignal): Promise<ObservedService> =>
  engine.request('GET', `/services/${name}`, { signal });

/** API: POST /services/{id}/update; credentials for the registry are those that the spec has. */
async function update(
  engine: EngineClient,
  service: ObservedService,
  spec: ObservedService['Spec'],
  signal: AbortSignal,
): Promise<void> {
  const query = { version: service.Version.Index, registryAuthFrom: 'spec' };
  await engine.request('POST', `/services/${service.ID}/update`, { query, body: spec, signal });
}
