import type { Reporter } from '../lib/progress-event.js';

export interface StepContext {
  readonly signal: AbortSignal;
  /** What the step is doing right now, in a few words. */
  readonly detail: (message: string) => void;
}

/** One unit of work of a plan. */
export interface Step {
  /** Unique in its plan: `agent1/docker`. */
  readonly id: string;
  readonly host?: string;
  /** In the progress display: `install Docker`. */
  readonly title: string;
  /** Ids of steps that must be done first. */
  readonly needs: readonly string[];
  readonly timeoutMs: number;
  /** True when there is nothing to do, judged by looking at the world. */
  readonly done?: (context: StepContext) => Promise<boolean>;
  readonly run: (context: StepContext) => Promise<void>;
}

export type StepOutcome =
  | { readonly status: 'done' | 'unchanged'; readonly elapsedMs: number }
  | { readonly status: 'failed'; readonly elapsedMs: number; readonly error: unknown }
  /** A step it needs failed, or the run was stopped before it began. */
  | { readonly status: 'skipped'; readonly reason: string };

/** Outcomes by step id. */
export type PlanOutcome = ReadonlyMap<string, StepOutcome>;

/**
 * Runs steps as soon as what they need is done, all at once. A failure skips only what depends on it. When
 * `signal` fires nothing new begins, running steps get the signal and are awaited. Never throws for a failed step.
 * Errors: a bug error when needs are unknown or circular, before anything runs.
 */
export type RunPlan = (
  steps: readonly Step[],
  options: { readonly signal: AbortSignal; readonly report: Reporter },
) => Promise<PlanOutcome>;
