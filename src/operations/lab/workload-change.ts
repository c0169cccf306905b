import type { EngineClient } from '../../lib/engine-client.js';
import { type Lab, labLabel } from '../../lab/lab.js';
import type { LabChange, LabOutcome } from '../../lab/lab-plan.js';
import { errorJson } from '../../lib/error-json.js';
import { SwarmupError } from '../../lib/errors.js';
import { inOrder } from '../../plan/in-order.js';
import type { Plan } from '../../plan/plan.js';
import type { StepContext, StepOutcome } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import { insideStep } from '../access/inside-step.js';
import type { Expected } from '../services/service-references.js';

/** A change of a swarm, and what makes it. */
export interface WorkloadChange extends LabChange {
  /**
   * Resolves when it is done and, of services, when they run; `context` is that of the step which does it.
   * Errors: NOT_CONVERGED (exit 6) and the engine's.
   */
  readonly act: (context: OperationContext) => Promise<unknown>;
}

export interface WorkloadPlanner {
  /** For looking. */
  readonly context: OperationContext;
  readonly lab: Lab;
  /** undefined: the swarm is still to be made, so there is nothing in it. */
  readonly engine: EngineClient | undefined;
  /** For what is done: nothing is planned for a swarm that is still to be made and then done. */
  readonly swarm: () => EngineClient;
  /** How long services may take. */
  readonly timeoutMs: number;
}

export function workloadPlanner(
  context: OperationContext,
  lab: Lab,
  engine: EngineClient | undefined,
  timeoutMs: number,
): WorkloadPlanner {
  const swarm = (): EngineClient => {
    if (engine === undefined) throw new Error('there is no swarm yet');
    return engine;
  };
  return { context, lab, engine, swarm, timeoutMs };
}

/** The objects that the lab makes before its stacks and services. */
export const expectedOf = ({ networks = {}, secrets = {} }: Lab): Expected => ({
  networks: Object.keys(networks),
  secrets: Object.keys(secrets),
});

interface Labelled {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Whether the lab made an object that it no longer declares. */
export const isSurplus = ({ name }: Lab, declared: object | undefined, { Name, Labels }: Labelled): boolean =>
  Labels?.[labLabel] === name && !Object.hasOwn(declared ?? {}, Name);

export const withoutAct = ({ what, name, action, details }: WorkloadChange): LabChange => ({
  what,
  name,
  action,
  details,
});

/** The longest time for a change, in addition to the time for its services. */
const changeTimeoutMs = 30 * 60_000;

/**
 * Changes that run one after another, because services need networks and secrets. The first failure ends the plan,
 * because later changes may depend on it; the changes after it have no outcome.
 */
export function workloadPlan(
  context: OperationContext,
  changes: readonly WorkloadChange[],
  timeoutMs: number,
): Plan<readonly LabOutcome[]> {
  const idOf = ({ what, name }: LabChange): string => `${what} ${name}`;
  const steps = changes.map((change) => ({
    id: idOf(change),
    title: idOf(change),
    timeoutMs: changeTimeoutMs + timeoutMs,
    run: async (step: StepContext) => {
      step.detail(change.details.join(', ') || change.action);
      await change.act(insideStep(context, step));
      return 'changed' as const;
    },
  }));
  return {
    steps: inOrder(steps),
    result: (outcome) => {
      context.signal.throwIfAborted();
      return changes.flatMap((change) => outcomeOf(change, outcome.get(idOf(change))));
    },
  };
}

function outcomeOf(change: WorkloadChange, outcome: StepOutcome | undefined): readonly LabOutcome[] {
  if (outcome === undefined || outcome.status === 'skipped') return [];
  if (outcome.status !== 'failed') return [{ ...withoutAct(change), status: 'done' }];
  if (!(outcome.error instanceof SwarmupError)) throw outcome.error;
  return [{ ...withoutAct(change), status: 'failed', error: errorJson(outcome.error) }];
}
