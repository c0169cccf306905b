import { errorJson } from '../../lib/error-json.js';
import { SwarmupError } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import type { PlanOutcome, Step, StepChange, StepContext } from '../../plan/step.js';
import type { HostOutcome, HostsResult } from './results.js';

/** A step that is done to one host, and the words for its result. */
export interface HostStep extends Step {
  readonly host: string;
  readonly words: StepWords;
}

type Status = HostOutcome['status'];

interface StepWords {
  readonly done: Status;
  readonly planned: Status;
}

/** Whether the step changed something, or the word for the result if `done` and `planned` do not describe it. */
export type HostChange = StepChange | Status;

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
  readonly act: (name: string, step: StepContext) => Promise<HostChange>;
  /** For a dry run: whether there is something to do. */
  readonly look?: (name: string, step: StepContext) => Promise<HostChange>;
}

/** The same done to several hosts, all at once: the failure of one stops no other. A name that comes twice is one host. */
export function hostSteps(names: readonly string[], options: HostStepOptions): readonly HostStep[] {
  const { title, done, planned, timeoutMs = 30 * 60_000, graceMs, needs, exclusive, act, look } = options;
  return [...new Set(names)].map((name) => {
    const key = exclusive?.(name);
    const words = { done, planned };
    return {
      id: hostStepId(name, title),
      host: name,
      title,
      needs: needs?.(name) ?? [],
      timeoutMs,
      ...(graceMs !== undefined && { graceMs }),
      words,
      ...(key !== undefined && { exclusive: key }),
      run: async (step) => told(await act(name, step), (word) => (words.done = word)),
      ...(look !== undefined && {
        look: async (step: StepContext) => told(await look(name, step), (word) => (words.planned = word)),
      }),
    };
  });
}

export const hostStepId = (name: string, title: string): string => `${name}/${title}`;

function told(change: HostChange, tell: (word: Status) => void): StepChange {
  if (change === 'changed' || change === 'unchanged') return change;
  tell(change);
  return 'changed';
}

/** The plan of that, with what became of the hosts as its result. */
export function hostsPlan(
  names: readonly string[],
  options: HostStepOptions,
  { dryRun }: { readonly dryRun?: boolean | undefined },
): Pick<Plan<HostsResult>, 'steps' | 'result'> {
  const steps = hostSteps(names, options);
  return { steps, result: (outcome) => ({ hosts: hostOutcomes(steps, outcome, { dryRun }) }) };
}

/**
 * The results of hosts, in the order of their steps. If a host has several steps, its error is that of the first failed
 * step.
 */
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

const notTried = (name: string, reason = 'the run ended earlier'): SwarmupError =>
  new SwarmupError('NOT_TRIED', `${name} was not changed: ${reason}`, {
    host: name,
    hints: ['fix the problem, then run the same command again'],
  });
