import { SwarmupError } from '../../lib/errors.js';
import { runPlan } from '../../plan/run-plan.js';
import type { OperationContext } from '../access/context.js';
import { lockHosts } from '../access/lock-hosts.js';
import { diagnoseSwarm, findingOf, type HostFinding, type SwarmDiagnosis } from './diagnose-swarm.js';
import { planRecovery, planText, type RecoveryPlan } from './plan-recovery.js';
import { type RecoveryRequest, type RecoveryResult, RecoveryRun } from './recovery-run.js';

interface RecoverRequest extends RecoveryRequest {
  readonly dryRun: boolean;
  /** Asks whether to go on, once, with what was found. */
  readonly approve: (found: RecoverResult) => Promise<boolean>;
}

export interface RecoverResult extends Omit<RecoveryResult, 'servicesRun'> {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly status: 'healthy' | 'would-clean' | 'would-recover' | 'cleaned' | 'recovered';
  readonly reason: string;
  readonly diagnosis: readonly HostFinding[];
  /** What is done, in order; empty when there is nothing to do. */
  readonly plan: readonly string[];
  /** Commands that would bring the quorum back without a recovery. */
  readonly gentle: readonly string[];
  /** The manager that has the swarm. */
  readonly survivor: string;
  /** All services have their tasks on Ready nodes. null: nothing was done. */
  readonly servicesRun: boolean | null;
  /** From the start, without the time that the question took. null: it did not come to that. */
  readonly timings: {
    readonly diagnosedMs: number;
    readonly copiedMs: number | null;
    readonly leaderMs: number | null;
    readonly servicesRunMs: number | null;
  } | null;
}

/**
 * Brings a swarm back that has lost its quorum: the manager with the newest state becomes the only one, with a copy of
 * its state taken first; managers that answer join it again, those that do not are forgotten, workers find it by
 * themselves or join again; then all services are waited for. A swarm with its quorum is left alone, but for hosts that
 * were lost in an earlier recovery and are back. May be stopped at any moment and run again.
 * Errors: SWARM_UNKNOWN (exit 2), NO_SURVIVOR (exit 6), CANCELLED, UNLOCK_KEY_WRONG, LOCKED, those of the engine.
 */
export async function recoverSwarm(context: OperationContext, request: RecoverRequest): Promise<RecoverResult> {
  const work = (): Promise<RecoverResult> => recoverLocked(context, request);
  return request.dryRun ? work() : lockHosts(context, [{ name: request.swarm, swarm: request.swarm }], 60_000, work);
}

async function recoverLocked(context: OperationContext, request: RecoverRequest): Promise<RecoverResult> {
  let began = performance.now();
  const seen = await diagnoseSwarm(context, request.swarm);
  const diagnosedMs = Math.round(performance.now() - began);
  const plan = planRecovery(request.swarm, seen);
  const found = foundResult(request, seen, plan);
  if (found.status === 'healthy' || request.dryRun) return found;
  const asked = performance.now();
  if (!(await request.approve(found))) throw new SwarmupError('CANCELLED', 'nothing was changed');
  began += performance.now() - asked;
  const run = new RecoveryRun(context, request, plan, began);
  const outcome = await runPlan(run.steps(), { signal: context.signal, report: context.report });
  context.signal.throwIfAborted();
  run.throwFatal(outcome);
  if (plan.rejoin.length > 0) await run.services({ signal: context.signal, detail: () => undefined });
  const status = plan.kind === 'recover' ? 'recovered' : 'cleaned';
  return { ...found, status, ...run.result(outcome), timings: { diagnosedMs, ...run.timings } };
}

function foundResult(request: RecoverRequest, { hosts }: SwarmDiagnosis, plan: RecoveryPlan): RecoverResult {
  const status = { healthy: 'healthy', clean: 'would-clean', recover: 'would-recover' } as const;
  return {
    swarm: request.swarm,
    dryRun: request.dryRun,
    status: status[plan.kind],
    reason: plan.reason,
    diagnosis: hosts.map(findingOf),
    plan: planText(plan),
    gentle: plan.gentle,
    survivor: plan.manager.name,
    copy: null,
    hosts: [],
    services: [],
    servicesRun: null,
    timings: null,
    warnings: [],
  };
}
