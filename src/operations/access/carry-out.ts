import type { Plan } from '../../plan/plan.js';
import { isShown, plannedStep, runPlan } from '../../plan/run-plan.js';
import type { PlanOutcome, Step } from '../../plan/step.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from './context.js';
import { guardSwarm, type GuardedSwarm } from './guard-swarm.js';
import { lockHosts } from './lock-hosts.js';

interface Locks {
  /**
   * The swarms of these hosts, or the plain hosts, that no other command may change in the meantime. Default: nothing.
   */
  readonly locks?: readonly Pick<MachineRecord, 'name' | 'swarm'>[];
  /** How long to wait for who changes them now. Default: 10 min. */
  readonly lockTimeoutMs?: number;
}

/** A change of the world, before anybody has looked at it. */
interface PlainChange<R> extends Locks {
  readonly swarm?: undefined;
  /** Looks, under the locks; changes nothing. */
  readonly plan: () => Plan<R> | Promise<Plan<R>>;
}

/** A change of what the managers of a swarm keep: the guardian is asked first whether the swarm takes any. */
interface WriteChange<R> extends Locks {
  readonly swarm: string;
  /** The same, from what the guardian has seen. */
  readonly plan: (looked: GuardedSwarm) => Plan<R> | Promise<Plan<R>>;
}

export type Change<R> = PlainChange<R> | WriteChange<R>;

export interface CarryOutOptions {
  /** Only inspects: takes no lock, asks no question and runs no step. */
  readonly dryRun?: boolean | undefined;
  /** The caller holds the locks already. */
  readonly locked?: boolean | undefined;
}

/** The locks of a change to a whole swarm. */
export const swarmLock = (swarm: string): NonNullable<Locks['locks']> => [{ name: '', swarm }];

/**
 * The only way in which a command changes something: locks, planning, guardian, dry run, question, steps, rollback,
 * Ctrl-C and follow-up work are handled here. A failed step is in the result; it throws nothing. Errors: LOCKED (exit
 * 5); those of planning and of `guardSwarm`; those of `approve`; the reason of the signal after Ctrl-C.
 */
export function carryOut<R>(
  context: OperationContext,
  change: Change<R>,
  { dryRun = false, locked = false }: CarryOutOptions = {},
): Promise<R> {
  const { locks = [], lockTimeoutMs = 10 * 60_000 } = change;
  const work = async (): Promise<R> => {
    const plan = await guardedPlan(context, change);
    return dryRun ? plan.result(await lookAt(context, plan.steps)) : run(context, plan);
  };
  return dryRun || locked || locks.length === 0 ? work() : lockHosts(context, locks, lockTimeoutMs, work);
}

async function guardedPlan<R>(context: OperationContext, change: Change<R>): Promise<Plan<R>> {
  if (change.swarm === undefined) return approvedByGuardian(context, await change.plan());
  const looked = await guardSwarm(context, change.swarm, { type: 'write' });
  return approvedByGuardian(context, await change.plan(looked), looked);
}

async function approvedByGuardian<R>(
  context: OperationContext,
  plan: Plan<R>,
  looked?: GuardedSwarm,
): Promise<Plan<R>> {
  for (const { swarm, change, force = false } of plan.guard ?? [])
    await guardSwarm(context, swarm, change, { force, ...(looked !== undefined && { access: looked.access }) });
  return plan;
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
    if (steps.some(isShown)) report({ type: 'plan', steps: steps.filter(isShown).map(plannedStep) });
    return announced;
  }
  const looking = steps.map((step) => ({
    ...step,
    run: step.look ?? ((): Promise<'changed'> => Promise.resolve('changed')),
  }));
  return runPlan(looking, { signal, report });
}
