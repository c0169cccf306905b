import { errorJson } from '../../lib/error-json.js';
import { SwarmupError } from '../../lib/errors.js';
import type { PlanOutcome, Step, StepChange, StepContext } from '../../plan/step.js';
import type { HostOutcome } from './results.js';

/** A step that is all that is done to one host, and the words for it. */
export interface HostStep extends Step {
  readonly host: string;
  readonly words: StepWords;
}

interface StepWords {
  readonly done: HostOutcome['status'];
  readonly planned: HostOutcome['status'];
}

interface HostStepOptions extends StepWords {
  /** For the progress display, as in `stop`. */
  readonly title: string;
  /** For one host. Default: 30 min. */
  readonly timeoutMs?: number;
  /** Hosts with the same key go one after another, in the order of their names; a failure does not stop the next. */
  readonly exclusive?: (name: string) => string | undefined;
  readonly act: (name: string, step: StepContext) => Promise<StepChange>;
  /** For a dry run: whether there is something to do. */
  readonly look?: (name: string, step: StepContext) => Promise<StepChange>;
}

/** The same done to several hosts, all at once: the failure of one stops no other. */
export function hostSteps(names: readonly string[], options: HostStepOptions): readonly HostStep[] {
  const { title, done, planned, timeoutMs = 30 * 60_000, exclusive, act, look } = options;
  return names.map((name) => {
    const key = exclusive?.(name);
    return {
      id: `${name}/${title}`,
      host: name,
      title,
      needs: [],
      timeoutMs,
      words: { done, planned },
      ...(key !== undefined && { exclusive: key }),
      run: (step) => act(name, step),
      ...(look !== undefined && { look: (step: StepContext) => look(name, step) }),
    };
  });
}

/** What became of hosts, a step each, in the order of the steps. */
export function hostOutcomes(
  steps: readonly HostStep[],
  outcome: PlanOutcome,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): readonly HostOutcome[] {
  return steps.map(({ id, host: name, words }) => {
    const found = outcome.get(id);
    if (found?.status === 'failed') return { name, status: 'failed', error: errorJson(found.error) };
    if (found === undefined || found.status === 'skipped')
      return { name, status: 'failed', error: errorJson(found?.stoppedBy ?? notTried(name, found?.reason)) };
    if (found.status === 'unchanged') return { name, status: 'unchanged' };
    return { name, status: dryRun ? words.planned : words.done };
  });
}

const notTried = (name: string, reason = 'the run ended before'): SwarmupError =>
  new SwarmupError('NOT_TRIED', `${name} was left as it is: ${reason}`, {
    host: name,
    hints: ['mend what failed, then run the same command again'],
  });
