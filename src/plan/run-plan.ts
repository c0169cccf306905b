import type { PlannedStep, Reporter } from '../lib/progress-event.js';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../lib/abort.js';
import { errorJson } from '../lib/error-json.js';
import type { PlanOutcome, Step, StepChange, StepOutcome } from './step.js';

interface RunPlanOptions {
  readonly signal: AbortSignal;
  readonly report: Reporter;
}

/**
 * Runs steps as soon as their needs are done, all at the same time. A failure skips only the steps that depend on it.
 * When `signal` fires, no new step starts; running steps get the signal and are awaited. Never throws for a failed
 * step. Errors: a plain Error (a bug of ours) if needs are unknown or circular, before anything runs.
 */
export async function runPlan(steps: readonly Step[], options: RunPlanOptions): Promise<PlanOutcome> {
  checkNeeds(steps);
  const shown = steps.filter(isShown);
  // The display that is there stays until a plan with something to show begins.
  if (shown.length > 0) options.report({ type: 'plan', steps: shown.map(plannedStep) });
  const running = new Map<string, Promise<StepOutcome>>();
  const lastOfKey = new Map<string, Promise<unknown>>();
  // checkNeeds sorted nothing, so starting is lazy: each step awaits the promises of its needs.
  const start = (step: Step): Promise<StepOutcome> => {
    const known = running.get(step.id);
    if (known !== undefined) return known;
    const before = idsBefore(step).flatMap((id) => steps.filter((other) => other.id === id).map(start));
    const own = isShown(step) ? options : { ...options, report: () => undefined };
    const outcome = runWhenReady(step, before, lastOfKey, own);
    running.set(step.id, outcome);
    return outcome;
  };
  const outcomes = await Promise.all(steps.map(async (step) => [step.id, await start(step)] as const));
  return new Map(outcomes);
}

export const isShown = ({ nested = false, hidden = false }: Step): boolean => !nested && !hidden;

/** Its needs come first. */
const idsBefore = ({ needs, after = [] }: Step): readonly string[] => [...needs, ...after];

/** A step as the progress display announces it. */
export function plannedStep({ id, host, title }: Step): PlannedStep {
  return { id, title, ...(host !== undefined && { host }) };
}

async function runWhenReady(
  step: Step,
  before: readonly Promise<StepOutcome>[],
  lastOfKey: Map<string, Promise<unknown>>,
  options: RunPlanOptions,
): Promise<StepOutcome> {
  const ended = await Promise.all(before);
  const failed = step.needs.find((_, i) => ['failed', 'skipped'].includes(ended[i]?.status ?? ''));
  if (failed !== undefined) return skip(step, `${failed} did not succeed`, options);
  if (step.exclusive === undefined) return runStep(step, options);
  const turn = (lastOfKey.get(step.exclusive) ?? Promise.resolve()).then(() => runStep(step, options));
  lastOfKey.set(step.exclusive, turn);
  return turn;
}

async function runStep(step: Step, options: RunPlanOptions): Promise<StepOutcome> {
  if (options.signal.aborted)
    return { ...skip(step, 'stopped before the step began', options), stoppedBy: options.signal.reason as unknown };
  const about = { step: step.id, ...(step.host !== undefined && { host: step.host }) };
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began);
  options.report({ type: 'step-started', ...about, title: step.title });
  const detail = (message: string): void => {
    options.report({ type: 'step-detail', ...about, message });
  };
  let work: Promise<StepChange> | undefined;
  try {
    const what = `"${step.title}"${step.host === undefined ? '' : ` on ${step.host}`}`;
    const { signal } = options;
    const deadline = { timeoutMs: step.timeoutMs, signal, what, host: step.host };
    const change =
      step.nested === true
        ? await step.run({ signal, detail })
        : await withDeadline(deadline, (own) => (work = step.run({ signal: own, detail })));
    const unchanged = change === 'unchanged';
    options.report({ type: 'step-done', ...about, title: step.title, elapsedMs: elapsed(), unchanged });
    return { status: change, elapsedMs: elapsed() };
  } catch (error) {
    await settled(work, step.graceMs);
    options.report({ type: 'step-failed', ...about, title: step.title, elapsedMs: elapsed(), error: errorJson(error) });
    return { status: 'failed', elapsedMs: elapsed(), error };
  }
}

/** Lets a stopped step reach its safe point (a save under way), but not for ever: it may ignore its signal. */
async function settled(work: Promise<unknown> | undefined, graceMs = 5_000): Promise<void> {
  const grace = new AbortController();
  await Promise.race([
    Promise.allSettled([work]),
    sleepFor(graceMs, undefined, { signal: grace.signal, ref: false }).catch(() => undefined),
  ]);
  grace.abort();
}

function skip(step: Step, reason: string, options: RunPlanOptions): Extract<StepOutcome, { status: 'skipped' }> {
  options.report({ type: 'step-skipped', step: step.id, reason, ...(step.host !== undefined && { host: step.host }) });
  return { status: 'skipped', reason };
}

/** A plan that could never finish is a bug of ours: better said at once than waited for. */
function checkNeeds(steps: readonly Step[]): void {
  const open = new Map(steps.map((step) => [step.id, idsBefore(step)]));
  if (open.size !== steps.length) throw new Error('two steps of a plan have the same id');
  for (let progress = true; progress;) {
    progress = false;
    for (const [id, needs] of open)
      if (!needs.some((need) => open.has(need))) {
        const unknown = needs.find((need) => !steps.some((step) => step.id === need));
        if (unknown !== undefined) throw new Error(`step ${id} needs ${unknown}, which is not in the plan`);
        open.delete(id);
        progress = true;
      }
  }
  if (open.size > 0) throw new Error(`steps need each other: ${[...open.keys()].join(', ')}`);
}
