import type { FailureReason } from '../../swarm/service-verdict.js';

/** A task that failed, where, and why. */
export interface TaskFailure {
  readonly task: string;
  readonly id: string;
  /** The name of its host; null: it was never given to one. */
  readonly node: string | null;
  readonly state: string;
  readonly error: string;
  readonly exitCode: number | null;
  /** The last lines it wrote. */
  readonly log: readonly string[];
}

/** The result of a changed service. */
export interface ServiceOutcome {
  readonly service: string;
  readonly change: ServiceChangeKind;
  /** `detached`: the command did not wait. */
  readonly state: 'converged' | 'failed' | 'timed-out' | 'detached' | 'removed' | 'planned';
  readonly reason: FailureReason | null;
  readonly message: string;
  readonly running: number;
  readonly wanted: number;
  /** Newest first, at most three. */
  readonly failures: readonly TaskFailure[];
  readonly elapsedMs: number;
}

export type ServiceChangeKind = 'created' | 'updated' | 'scaled' | 'rolled-back' | 'removed' | 'unchanged';

export interface ServicesResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly services: readonly ServiceOutcome[];
}

export interface ServiceRow {
  readonly id: string;
  readonly name: string;
  readonly mode: 'replicated' | 'global' | 'replicated-job' | 'global-job';
  /** Tasks that run on nodes that are Ready; of jobs those that completed. */
  readonly running: number;
  readonly wanted: number;
  readonly image: string;
  readonly ports: readonly string[];
  /** Of the last update: updating, paused, rollback_completed …; null: none. */
  readonly update: string | null;
}

export interface TaskRow {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly node: string | null;
  readonly desiredState: string;
  readonly state: string;
  readonly since: string | null;
  readonly error: string | null;
}

export interface ServiceListResult {
  readonly swarm: string;
  readonly services: readonly ServiceRow[];
}

export interface TaskListResult {
  readonly swarm: string;
  readonly tasks: readonly TaskRow[];
}
