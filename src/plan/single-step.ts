import type { Plan } from './plan.js';
import { requireWhole } from './require-done.js';
import type { Step, StepChange, StepContext } from './step.js';

interface SingleStep<R> extends Pick<Step, 'id' | 'title' | 'graceMs'>, Pick<Plan<R>, 'approve'> {
  /** Default: 5 min. */
  readonly timeoutMs?: number;
  /** The result of a dry run; absent: the step has no dry run. */
  readonly planned?: R;
  readonly act: (step: StepContext) => Promise<R>;
  /** Whether the result contains a change, for the progress display. Default: it does. */
  readonly change?: (result: R) => StepChange;
}

/** A plan of one step that gives the result. When it fails, its error is that of the command. */
export function singleStep<R>({
  planned,
  act,
  change,
  approve,
  timeoutMs = 5 * 60_000,
  ...about
}: SingleStep<R>): Plan<R> {
  let result = planned;
  const run = async (step: StepContext): Promise<StepChange> => {
    result = await act(step);
    return change?.(result) ?? 'changed';
  };
  return {
    steps: [{ ...about, needs: [], timeoutMs, run }],
    ...(approve !== undefined && { approve }),
    result: (outcome) => {
      requireWhole(outcome);
      if (result === undefined) throw new Error(`there is no dry run of ${about.id}`);
      return result;
    },
  };
}
