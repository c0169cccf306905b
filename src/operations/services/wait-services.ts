import { setTimeout as sleepFor } from 'node:timers/promises';
import type { EngineClient } from '../../lib/engine-client.js';
import { errorJson } from '../../lib/error-json.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import {
  baselineOf,
  judgeService,
  noBaseline,
  taskName,
  type Baseline,
  type Verdict,
} from '../../swarm/service-verdict.js';
import { listServices, listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import type { Service, Task, WorkloadNode } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
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

interface WaitOptions {
  readonly timeoutMs: number;
  /** Name of the host of a node ID. */
  readonly hostOf: (nodeId: string) => string;
}

const lookMs = 400;
/** Docker's default of `--update-monitor`: how long a new task has to run before it is believed. */
const monitorMs = 5_000;
/** Nodes may come back, but not for as long as anybody would wait. */
const stuckMs = 30_000;
const shownFailures = 3;

/** What to remember of a service before it is changed. API: GET /tasks, /nodes. */
export async function serviceBaseline(
  engine: EngineClient,
  name: string,
  options: { readonly signal: AbortSignal; readonly wantsRollback?: boolean },
): Promise<Baseline> {
  const [tasks, nodes] = await Promise.all([
    listTasks(engine, { service: [name] }, options.signal),
    listWorkloadNodes(engine, options.signal),
  ]);
  return baselineOf({ tasks, nodes }, options.wantsRollback);
}

export { noBaseline };

/**
 * Waits until every service has become what its spec says, will not get there, or the time is over: one outcome each,
 * with the tasks that failed, where, why, and what they wrote last. Reports a step per service, and a detail whenever
 * one of its tasks changes. Errors: only those of the engine, and the caller's abort.
 */
export async function waitServices(
  context: OperationContext,
  engine: EngineClient,
  changed: readonly ChangedService[],
  options: WaitOptions,
): Promise<readonly ServiceOutcome[]> {
  if (changed.length === 0) return [];
  const { signal } = context;
  const watches = changed.map((service) => new Watch(context, service, options));
  context.report({ type: 'plan', steps: watches.map(({ about }) => ({ id: about.step, title: about.title })) });
  for (const { about } of watches) context.report({ type: 'step-started', ...about });
  const endMs = performance.now() + options.timeoutMs;
  for (;;) {
    const open = watches.filter((watch) => watch.verdict === undefined);
    if (open.length === 0) break;
    const looked = await look(engine, open, signal);
    const isLast = performance.now() >= endMs;
    for (const watch of open) watch.take(looked, isLast);
    if (open.some((watch) => watch.verdict === undefined)) await sleepFor(lookMs, undefined, { signal });
  }
  return Promise.all(watches.map((watch) => watch.outcome(engine)));
}

interface Looked {
  readonly services: readonly Service[];
  readonly tasks: readonly Task[];
  readonly nodes: readonly WorkloadNode[];
}

async function look(engine: EngineClient, open: readonly Watch[], signal: AbortSignal): Promise<Looked> {
  const ids = open.map(({ changed }) => changed.id);
  // Services first: tasks that are read later are at least as new as the spec they are compared with.
  const services = await listServices(engine, { id: ids }, signal);
  const [tasks, nodes] = await Promise.all([
    listTasks(engine, { service: ids }, signal),
    listWorkloadNodes(engine, signal),
  ]);
  return { services, tasks, nodes };
}

interface Ended {
  readonly state: ServiceOutcome['state'];
  readonly last: Verdict;
}

class Watch {
  readonly about: { readonly step: string; readonly title: string };
  verdict: Ended | undefined;
  readonly #began = performance.now();
  readonly #states = new Map<string, string>();
  #convergedMs: number | undefined;
  #stuckMs: number | undefined;
  #endedMs = 0;

  constructor(
    readonly context: OperationContext,
    readonly changed: ChangedService,
    readonly options: WaitOptions,
  ) {
    this.about = { step: `${changed.name}/converge`, title: `service ${changed.name}` };
  }

  take({ services, tasks, nodes }: Looked, isLast: boolean): void {
    const service = services.find(({ ID }) => ID === this.changed.id);
    if (service === undefined) {
      const last = {
        ...nothing,
        state: 'failed',
        reason: 'removed',
        message: 'somebody removed it meanwhile',
      } as const;
      this.#end({ state: 'failed', last });
      return;
    }
    const mine = tasks.filter(({ ServiceID }) => ServiceID === service.ID);
    this.#tell(service, mine, nodes);
    const verdict = judgeService({ service, tasks: mine, nodes }, this.changed.before);
    if (verdict.state === 'failed') this.#end({ state: 'failed', last: verdict });
    else if (verdict.state === 'converged') this.#converged(service, verdict);
    else this.#working(verdict);
    if (isLast && this.verdict === undefined)
      this.#end({ state: verdict.reason === undefined ? 'timed-out' : 'failed', last: verdict });
  }

  #converged(service: Service, verdict: Verdict): void {
    this.#stuckMs = undefined;
    this.#convergedMs ??= performance.now();
    const config = service.Spec['UpdateConfig'] as { readonly Monitor?: number } | null | undefined;
    const holdMs = (config?.Monitor ?? 0) > 0 ? (config?.Monitor ?? 0) / 1e6 : monitorMs;
    if (verdict.settled || performance.now() - this.#convergedMs >= holdMs)
      this.#end({ state: 'converged', last: verdict });
  }

  #working(verdict: Verdict): void {
    this.#convergedMs = undefined;
    if (verdict.stuck?.startsWith('no suitable node') !== true) {
      this.#stuckMs = undefined;
      return;
    }
    this.#stuckMs ??= performance.now();
    if (performance.now() - this.#stuckMs >= stuckMs)
      this.#end({ state: 'failed', last: { reason: 'no-node', ...verdict } });
  }

  /** Each task whose state has changed, once. */
  #tell(service: Service, tasks: readonly Task[], nodes: readonly WorkloadNode[]): void {
    for (const task of tasks) {
      if (this.changed.before.ended.has(task.ID) || this.#states.get(task.ID) === task.Status.State) continue;
      const isFirst = !this.#states.has(task.ID);
      this.#states.set(task.ID, task.Status.State);
      if (isFirst && this.changed.before.running.has(task.ID)) continue;
      const where = task.NodeID === undefined ? '' : ` on ${this.options.hostOf(task.NodeID)}`;
      const why = (task.Status.Err ?? '') === '' ? '' : ` (${task.Status.Err ?? ''})`;
      const name = taskName(service.Spec.Name, task, nodes);
      const message = `${name}${where}: ${task.Status.State}${why}`;
      this.context.report({ type: 'step-detail', step: this.about.step, message });
    }
  }

  #end(ended: Ended): void {
    this.verdict = ended;
    this.#endedMs = Math.round(performance.now() - this.#began);
    const { about, context } = this;
    if (ended.state === 'converged')
      context.report({
        type: 'step-done',
        ...about,
        elapsedMs: this.#endedMs,
        unchanged: this.changed.change === 'unchanged',
      });
    else {
      const error = new SwarmupError('NOT_CONVERGED', ended.last.message, { exitCode: exitCodes.unhealthy });
      context.report({ type: 'step-failed', ...about, elapsedMs: this.#endedMs, error: errorJson(error) });
    }
  }

  async outcome(engine: EngineClient): Promise<ServiceOutcome> {
    const { state, last }: Ended = this.verdict ?? { state: 'timed-out', last: nothing };
    const failures = state === 'converged' ? [] : last.failures.slice(0, shownFailures);
    return {
      service: this.changed.name,
      change: this.changed.change,
      state,
      reason: last.reason ?? null,
      message: last.message,
      running: last.running,
      wanted: last.wanted,
      failures: await Promise.all(
        failures.map((failed) => failureWithLog(engine, failed, this.options.hostOf, this.context.signal)),
      ),
      elapsedMs: this.#endedMs,
    };
  }
}

const nothing: Verdict = { state: 'working', message: '', running: 0, wanted: 0, settled: false, failures: [] };
