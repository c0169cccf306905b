import { setTimeout as sleepFor } from 'node:timers/promises';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { type Baseline, judgeService, taskName, type Verdict } from '../../swarm/service-verdict.js';
import type { Service, Task, WorkloadNode } from '../../swarm/workload.js';
import type { ServiceChangeKind, ServiceOutcome } from './service-results.js';
import { failureWithLog } from './task-logs.js';

/** A service that was changed and is now waited for. */
export interface ChangedService {
  readonly id: string;
  readonly name: string;
  readonly change: ServiceChangeKind;
  /** Of `serviceBaseline`, taken before the change; `noBaseline` for one that was made. */
  readonly before: Baseline;
}

export interface Looked {
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
  readonly nodes: readonly WorkloadNode[];
}

interface WatchOptions {
  readonly engine: EngineClient;
  /** At this service, and maybe at others. */
  readonly look: () => Promise<Looked>;
  /** Name of the host of a node ID. */
  readonly hostOf: (nodeId: string) => string;
  readonly timeoutMs: number;
}

const lookMs = 400;
/** Docker's default of `--update-monitor`: how long a new task has to run before it is believed. */
const monitorMs = 5_000;
/** Nodes may come back, but not for as long as anybody would wait. */
const stuckMs = 30_000;
const shownFailures = 3;

interface Ended {
  readonly state: ServiceOutcome['state'];
  readonly last: Verdict;
}

/** One service that is waited for. */
export class ServiceWatch {
  /** undefined: it has not come to an end. */
  outcome: ServiceOutcome | undefined;
  readonly #began = performance.now();
  readonly #states = new Map<string, string>();
  #convergedMs: number | undefined;
  #stuckMs: number | undefined;

  constructor(
    readonly changed: ChangedService,
    private readonly options: WatchOptions,
  ) {}

  /** Errors: NOT_CONVERGED (exit 6) when it failed or takes too long, which is in `outcome`; those of the engine. */
  async untilEnded(step: StepContext): Promise<StepChange> {
    const { look, timeoutMs } = this.options;
    for (;;) {
      const looked = await look();
      const ended = this.#take(looked, performance.now() - this.#began >= timeoutMs, step);
      if (ended !== undefined) return this.#end(ended, step.signal);
      await sleepFor(lookMs, undefined, { signal: step.signal });
    }
  }

  async #end(ended: Ended, signal: AbortSignal): Promise<StepChange> {
    this.outcome = await this.#outcomeOf(ended, Math.round(performance.now() - this.#began), signal);
    if (ended.state === 'converged') return this.changed.change === 'unchanged' ? 'unchanged' : 'changed';
    throw new SwarmupError('NOT_CONVERGED', ended.last.message, { exitCode: exitCodes.unhealthy });
  }

  #take({ services, tasks, nodes }: Looked, isLast: boolean, step: StepContext): Ended | undefined {
    const service = services.find(({ ID }) => ID === this.changed.id);
    if (service === undefined) return { state: 'failed', last: removed };
    const mine = tasks.filter(({ ServiceID }) => ServiceID === service.ID);
    this.#tell(service, mine, nodes, step);
    const verdict = judgeService({ service, tasks: mine, nodes }, this.changed.before);
    const ended = this.#judged(service, verdict);
    if (ended !== undefined || !isLast) return ended;
    return { state: verdict.reason === undefined ? 'timed-out' : 'failed', last: verdict };
  }

  #judged(service: Service, verdict: Verdict): Ended | undefined {
    if (verdict.state === 'failed') return { state: 'failed', last: verdict };
    return verdict.state === 'converged' ? this.#converged(service, verdict) : this.#working(verdict);
  }

  #converged(service: Service, verdict: Verdict): Ended | undefined {
    this.#stuckMs = undefined;
    this.#convergedMs ??= performance.now();
    const config = service.Spec['UpdateConfig'] as { readonly Monitor?: number } | null | undefined;
    const holdMs = (config?.Monitor ?? 0) > 0 ? (config?.Monitor ?? 0) / 1e6 : monitorMs;
    const isSettled = verdict.settled || performance.now() - this.#convergedMs >= holdMs;
    return isSettled ? { state: 'converged', last: verdict } : undefined;
  }

  #working(verdict: Verdict): Ended | undefined {
    this.#convergedMs = undefined;
    if (verdict.stuck?.startsWith('no suitable node') !== true) {
      this.#stuckMs = undefined;
      return undefined;
    }
    this.#stuckMs ??= performance.now();
    const isStuck = performance.now() - this.#stuckMs >= stuckMs;
    return isStuck ? { state: 'failed', last: { reason: 'no-node', ...verdict } } : undefined;
  }

  /** Each task whose state has changed, once. */
  #tell(service: Service, tasks: readonly Task[], nodes: readonly WorkloadNode[], { detail }: StepContext): void {
    for (const task of tasks) {
      if (this.changed.before.ended.has(task.ID) || this.#states.get(task.ID) === task.Status.State) continue;
      const isFirst = !this.#states.has(task.ID);
      this.#states.set(task.ID, task.Status.State);
      if (isFirst && this.changed.before.running.has(task.ID)) continue;
      const where = task.NodeID === undefined ? '' : ` on ${this.options.hostOf(task.NodeID)}`;
      const why = (task.Status.Err ?? '') === '' ? '' : ` (${task.Status.Err ?? ''})`;
      const name = taskName(service.Spec.Name, task, nodes);
      detail(`${name}${where}: ${task.Status.State}${why}`);
    }
  }

  async #outcomeOf({ state, last }: Ended, elapsedMs: number, signal: AbortSignal): Promise<ServiceOutcome> {
    const { engine, hostOf } = this.options;
    const failures = state === 'converged' ? [] : last.failures.slice(0, shownFailures);
    return {
      service: this.changed.name,
      change: this.changed.change,
      state,
      reason: last.reason ?? null,
      message: last.message,
      running: last.running,
      wanted: last.wanted,
      failures: await Promise.all(failures.map((failed) => failureWithLog(engine, failed, hostOf, signal))),
      elapsedMs,
    };
  }
}

const removed: Verdict = {
  state: 'failed',
  reason: 'removed',
  message: 'the service was removed in the meantime',
  running: 0,
  wanted: 0,
  settled: false,
  failures: [],
};
