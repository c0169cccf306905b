import { errorJson } from '../../lib/error-json.js';
import { SwarmupError } from '../../lib/errors.js';
import type { PlanOutcome, Step, StepChange, StepContext } from '../../plan/step.js';
import type { HostOutcome } from './results.js';

/** What is done to one host, or a part of it, and the words for all of it. */
export interface HostStep extends Step {
  readonly host: string;
  readonly words: StepWords;
}

interface StepWords {
  readonly done: HostOutcome['status'];
  readonly planned: HostOutcome['status'];
}

export interface HostStepOptions extends StepWords {
  /** For the progress display, as in `stop`. */
  readonly title: string;
  /** For one host. Default: 30 min. */
  readonly timeoutMs?: number;
  readonly graceMs?: number;
  /** Ids of steps that must be done first: without them the host is left as it is. */
  readonly needs?: (name: string) => readonly string[];
  /** Hosts with the same key go one after another, in the order of their names; a failure does not stop the next. */
  readonly exclusive?: (name: string) => string | undefined;
  readonly act: (name: string, step: StepContext) => Promise<StepChange>;
  /** For a dry run: whether there is something to do. */
  readonly look?: (name: string, step: StepContext) => Promise<StepChange>;
}

/** The same done to several hosts, all at once: the failure of one stops no other. */
export function hostSteps(names: readonly string[], options: HostStepOptions): readonly HostStep[] {
  const { title, done, planned, timeoutMs = 30 * 60_000, graceMs, needs, exclusive, act, look } = options;
  return names.map((name) => {
    const key = exclusive?.(name);
    return {
      id: `${name}/${title}`,
      host: name,
      title,
      needs: needs?.(name) ?? [],
      timeoutMs,
      ...(graceMs !== undefined && { graceMs }),
      words: { done, planned },
      ...(key !== undefined && { exclusive: key }),
      run: (step) => act(name, step),
      ...(look !== undefined && { look: (step: StepContext) => look(name, step) }),
    };
  });
}

/** What became of hosts, in the order of their steps. One with several failed with the first of them that did. */
export function hostOutcomes(
  steps: readonly HostStep[],
  outcome: PlanOutcome,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): readonly HostOutcome[] {
  return [...new Set(steps.map(({ host }) => host))].map((name) => {
    const mine = steps.filter(({ host }) => host === name);
    const error = failureOf(name, mine, outcome);
    if (error !== undefined) return { name, status: 'failed', error: errorJson(error) };
    const changed = mine.find(({ id }) => outcome.get(id)?.status === 'changed');
    if (changed === undefined) return { name, status: 'unchanged' };
    return { name, status: dryRun ? changed.words.planned : changed.words.done };
  });
}

/** undefined: all steps of the host were done. */
function failureOf(name: string, steps: readonly HostStep[], outcome: PlanOutcome): unknown {
  for (const { id } of steps) {
    const found = outcome.get(id);
    if (found?.status === 'failed') return found.error;
    if (found === undefined || found.status === 'skipped') return found?.stoppedBy ?? notTried(name, found?.reason);
  }
  return undefined;
}

const notTried = (name: string, reason = 'the run ended before'): SwarmupError =>
  new SwarmupError('NOT_TRIED', `${name} was left as it is: ${reason}`, {
    host: name,
    hints: ['mend what failed, then run the same command again'],
  });
