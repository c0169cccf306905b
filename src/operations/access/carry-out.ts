import type { Plan } from '../../plan/plan.js';
import { plannedStep, runPlan } from '../../plan/run-plan.js';
import type { PlanOutcome, Step } from '../../plan/step.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from './context.js';
import { lockHosts } from './lock-hosts.js';

/** A change of the world, before anybody has looked at it. */
export interface Change<R> {
  /** What nobody else may change meanwhile: the swarms of these hosts, and the plain ones. */
  readonly locks: readonly Pick<MachineRecord, 'name' | 'swarm'>[];
  /** How long to wait for who changes them now. */
  readonly lockTimeoutMs: number;
  /** Looks, and asks the guardian, under the locks; changes nothing. */
  readonly plan: () => Promise<Plan<R>>;
}

export interface CarryOutOptions {
  /** Only looks: takes no lock, asks nobody, runs no step. */
  readonly dryRun?: boolean | undefined;
  /** The caller holds the locks already. */
  readonly locked?: boolean | undefined;
}

/** What is locked by a change of a whole swarm. */
export const swarmLock = (swarm: string): Change<unknown>['locks'] => [{ name: '', swarm }];

/** A change of a whole swarm, which nobody else changes meanwhile. Who does now is waited for 10 min by default. */
export const swarmChange = <R>(swarm: string, plan: Change<R>['plan'], lockTimeoutMs = 10 * 60_000): Change<R> => ({
  locks: swarmLock(swarm),
  lockTimeoutMs,
  plan,
});

/**
 * The one way in which a command changes something: locks, planning, dry run, question, steps, rollback, Ctrl-C and
 * what follows are here and nowhere else. A failed step is in the result; it throws nothing.
 * Errors: LOCKED (exit 5); those of planning; those of `approve`; the reason of the signal after Ctrl-C.
 */
export function carryOut<R>(
  context: OperationContext,
  change: Change<R>,
  { dryRun = false, locked = false }: CarryOutOptions = {},
): Promise<R> {
  const work = async (): Promise<R> => {
    const plan = await change.plan();
    return dryRun ? plan.result(await lookAt(context, plan.steps)) : run(context, plan);
  };
  return dryRun || locked || change.locks.length === 0
    ? work()
    : lockHosts(context, change.locks, change.lockTimeoutMs, work);
}

async function run<R>(context: OperationContext, plan: Plan<R>): Promise<R> {
  await plan.approve?.();
  await plan.begin?.();
  const { signal, report } = context;
  try {
    const outcome = await runPlan(plan.steps, { signal, report });
    const isWhole = [...outcome.values()].every(({ status }) => status === 'changed' || status === 'unchanged');
    if (!isWhole) await plan.rollBack?.(outcome);
    if (signal.aborted && plan.interrupted !== undefined) throw plan.interrupted(signal.reason);
    if (isWhole && plan.next !== undefined) return await run(context, await plan.next(outcome));
    return await plan.result(outcome);
  } finally {
    await plan.finish?.();
  }
}

/** What steps would find to do. Those that cannot tell by looking are only announced. */
async function lookAt({ signal, report }: OperationContext, steps: readonly Step[]): Promise<PlanOutcome> {
  const announced = new Map(steps.map(({ id }) => [id, { status: 'changed', elapsedMs: 0 } as const]));
  if (steps.every(({ look }) => look === undefined)) {
    report({ type: 'plan', steps: steps.map(plannedStep) });
    return announced;
  }
  const looking = steps.map((step) => ({
    ...step,
    run: step.look ?? ((): Promise<'changed'> => Promise.resolve('changed')),
  }));
  return runPlan(looking, { signal, report });
}
