import { SwarmupError } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import { requireDone } from '../../plan/require-done.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostOutcomes } from '../access/host-steps.js';
import type { StateCopy } from '../steps/recover-survivor.js';
import type { ServiceCount } from '../steps/service-counts.js';
import { diagnoseSwarm, findingOf, type HostFinding, type SwarmDiagnosis } from './diagnose-swarm.js';
import { planRecovery, planText, type RecoveryPlan } from './plan-recovery.js';
import type { RecoveredHost } from './recovered.js';
import { type RecoveryNotes, type RecoveryRequest, recoverySteps } from './recovery-steps.js';

interface RecoverRequest extends RecoveryRequest {
  readonly dryRun: boolean;
  /** Asks once whether to continue, and shows the findings. */
  readonly approve: (found: RecoverResult) => Promise<boolean>;
}

export interface RecoverResult {
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
  readonly copy: StateCopy | null;
  readonly hosts: readonly RecoveredHost[];
  readonly services: readonly ServiceCount[];
  /** All services have their tasks on Ready nodes. null: nothing was done. */
  readonly servicesRun: boolean | null;
  /** From the start, without the time that the question took. null: it did not come to that. */
  readonly timings: {
    readonly diagnosedMs: number;
    readonly copiedMs: number | null;
    readonly leaderMs: number | null;
    readonly servicesRunMs: number | null;
  } | null;
  readonly warnings: readonly string[];
}

/**
 * Brings a swarm back that has lost its quorum: the manager with the newest state becomes the only one, with a copy of
 * its state taken first; managers that answer join it again, those that do not are forgotten, workers find it by
 * themselves or join again; then all services are waited for. A swarm with its quorum is left alone, but for hosts that
 * were lost in an earlier recovery and are back. May be stopped at any moment and run again.
 * Errors: SWARM_UNKNOWN (exit 2), NO_SURVIVOR (exit 6), CANCELLED, UNLOCK_KEY_WRONG, LOCKED, those of the engine.
 */
export function recoverSwarm(context: OperationContext, request: RecoverRequest): Promise<RecoverResult> {
  return carryOut(
    context,
    { locks: swarmLock(request.swarm), lockTimeoutMs: 60_000, plan: () => planRecover(context, request) },
    { dryRun: request.dryRun },
  );
}

async function planRecover(context: OperationContext, request: RecoverRequest): Promise<Plan<RecoverResult>> {
  let began = performance.now();
  const after = (atMs: number | undefined): number | null => (atMs === undefined ? null : Math.round(atMs - began));
  const seen = await diagnoseSwarm(context, request.swarm);
  const diagnosedMs = Math.round(performance.now() - began);
  const plan = planRecovery(request.swarm, seen);
  const found = foundResult(request, seen, plan);
  if (found.status === 'healthy') return { steps: [], result: () => found };
  const notes: RecoveryNotes = { copy: null, services: { services: [], backAtMs: undefined }, warnings: [] };
  const { core, hosts, last } = recoverySteps({ context, request, plan, notes });
  return {
    steps: [...core, ...hosts, last],
    approve: async () => {
      const asked = performance.now();
      if (!(await request.approve(found))) throw new SwarmupError('CANCELLED', 'nothing was changed');
      began += performance.now() - asked;
    },
    result: (outcome) => {
      if (request.dryRun) return found;
      context.signal.throwIfAborted();
      requireDone(core, outcome);
      const { copy, copiedAtMs, leaderAtMs, warnings, services } = notes;
      return {
        ...found,
        status: plan.kind === 'recover' ? 'recovered' : 'cleaned',
        copy,
        hosts: [
          { name: plan.manager.name, status: 'kept' },
          ...hostOutcomes(hosts, outcome),
          ...plan.lost.map(({ name }) => ({ name, status: 'lost' as const })),
        ],
        services: services.services,
        servicesRun: services.backAtMs !== undefined,
        timings: {
          diagnosedMs,
          copiedMs: after(copiedAtMs),
          leaderMs: after(leaderAtMs),
          servicesRunMs: after(services.backAtMs),
        },
        warnings,
      };
    },
  };
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
