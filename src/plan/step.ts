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
  /** Ids of steps that must have ended first, whether they succeeded or not. */
  readonly after?: readonly string[];
  readonly timeoutMs: number;
  /** The time that the step gets, when it is stopped, to undo its own changes. Default: 5 s. */
  readonly graceMs?: number;
  /** Steps with the same key never run at the same time. */
  readonly exclusive?: string;
  /**
   * The step carries out its own plans: these are shown, have the deadlines and end by themselves after Ctrl-C, so this
   * step is not shown, has no deadline and is waited for.
   */
  readonly nested?: boolean;
  /** Over in a moment, and what follows it is shown: this step is not. */
  readonly hidden?: boolean;
  /**
   * Looks at the world first and does only the missing work, so that a plan can be run again at any time. Looking and
   * acting are one function because the observation decides the action.
   */
  readonly run: (context: StepContext) => Promise<StepChange>;
  /** For a dry run: whether `run` would find something to do; only looks. Absent: it is taken to. */
  readonly look?: (context: StepContext) => Promise<StepChange>;
}

/** Whether a step changed something. */
export type StepChange = 'changed' | 'unchanged';

export type StepOutcome =
  | { readonly status: StepChange; readonly elapsedMs: number }
  | { readonly status: 'failed'; readonly elapsedMs: number; readonly error: unknown }
  /** A step it needs failed, or the run was stopped before it began. */
  | {
      readonly status: 'skipped';
      readonly reason: string;
      /** Why the run was stopped, where that is the reason. */
      readonly stoppedBy?: unknown;
    };

/** Outcomes by step id. */
export type PlanOutcome = ReadonlyMap<string, StepOutcome>;
