import type { ErrorJson } from './errors.js';

/** An event while an operation runs; the only way in which progress leaves the core. */
export type ProgressEvent = { readonly time: string } & (
  | { readonly type: 'plan'; readonly steps: readonly PlannedStep[] }
  | { readonly type: 'step-started'; readonly step: string; readonly host?: string; readonly title: string }
  | { readonly type: 'step-detail'; readonly step: string; readonly host?: string; readonly message: string }
  | {
      readonly type: 'step-done';
      readonly step: string;
      readonly host?: string;
      readonly title: string;
      readonly elapsedMs: number;
      /** True when there was nothing to do. */
      readonly unchanged: boolean;
    }
  | {
      readonly type: 'step-failed';
      readonly step: string;
      readonly host?: string;
      readonly title: string;
      readonly elapsedMs: number;
      readonly error: ErrorJson;
    }
  | { readonly type: 'step-skipped'; readonly step: string; readonly host?: string; readonly reason: string }
  | { readonly type: 'info'; readonly message: string; readonly host?: string }
  | { readonly type: 'warning'; readonly message: string; readonly host?: string; readonly hints?: readonly string[] }
);

export interface PlannedStep {
  readonly id: string;
  readonly host?: string;
  readonly title: string;
}

type WithoutTime<E> = E extends unknown ? Omit<E, 'time'> : never;

/** Takes every progress event; adds the time itself. Never throws. */
export type Reporter = (event: WithoutTime<ProgressEvent>) => void;
