import { stableJson } from '../lib/stable-json.js';
import { mayReceive } from './placement.js';
import {
  isWaiting,
  readyIds,
  replicasOf,
  runsOn,
  stuckReason,
  type Service,
  type Task,
  type WorkloadNode,
} from './workload.js';

/** What is looked at: the service, all its tasks with their history, all nodes. */
interface ServiceLook {
  readonly service: Service;
  readonly tasks: readonly Task[];
  readonly nodes: readonly WorkloadNode[];
}

/** The state before the change that is judged. Nothing: the service is new. */
export interface Baseline {
  /** Tasks that had ended: their failures are old news. */
  readonly ended: ReadonlySet<string>;
  /** Tasks that ran: when they still run and are current, nothing new has to prove itself. */
  readonly running: ReadonlySet<string>;
  /** The change is a rollback, or there was no change: then an earlier rollback is not news. */
  readonly wantsRollback: boolean;
}

export type FailureReason =
  | 'rolled-back'
  | 'update-paused'
  | 'rollback-paused'
  | 'crash-loop'
  | 'not-restarted'
  | 'job-failed'
  | 'no-node'
  | 'removed';

export interface FailedTask {
  readonly id: string;
  /** `web.1`, or `web.NODE` of a global service. */
  readonly name: string;
  readonly nodeId: string | null;
  readonly state: string;
  /** In swarm's words. */
  readonly error: string;
  readonly exitCode: number | null;
}

export interface Verdict {
  readonly state: 'converged' | 'working' | 'failed';
  /** For a working service: the change has failed anyway, and the earlier tasks are still on their way. */
  readonly reason?: FailureReason;
  /** One line: what is so, and why. */
  readonly message: string;
  /** Tasks of the current spec that run on nodes that are Ready; of jobs those that completed. */
  readonly running: number;
  readonly wanted: number;
  /** Converged, and nothing new is left that would have to run for a while to be believed. */
  readonly settled: boolean;
  /** The reason why tasks wait and swarm will not continue by itself (no suitable node); it may still pass. */
  readonly stuck?: string;
  /** Tasks that failed since the change, newest first. */
  readonly failures: readonly FailedTask[];
}

const crashesOfALoop = 3;
const badEnds = ['failed', 'rejected', 'orphaned'];
const ends = [...badEnds, 'complete', 'shutdown', 'remove'];

export const noBaseline: Baseline = { ended: new Set(), running: new Set(), wantsRollback: false };

/** The state to remember before a service is changed. */
export const baselineOf = ({ tasks, nodes }: Omit<ServiceLook, 'service'>, wantsRollback = false): Baseline => ({
  ended: new Set(tasks.filter(({ Status }) => ends.includes(Status.State)).map(({ ID }) => ID)),
  running: new Set(tasks.filter((task) => runsOn(readyIds(nodes), task)).map(({ ID }) => ID)),
  wantsRollback,
});

/**
 * Whether a service has become what its spec says, is on its way, or will not get there. It counts tasks that run on
 * nodes that are Ready, and never trusts the replica column (swarm.md); a task has the current spec if its own spec is
 * equal to that of the service. Pure.
 */
export function judgeService(look: ServiceLook, before: Baseline): Verdict {
  const failures = failedTasks(look, before);
  const count = countTasks(look);
  const base = { running: count.running, wanted: count.wanted, failures, settled: false };
  const failed = failureOf(look, before, failures);
  // Swarm calls a rollback completed before the last of its tasks run.
  const isComingBack = failed?.reason === 'rolled-back' && !count.done && !failsAgain(look, before);
  if (failed !== undefined && !isComingBack) return { ...base, state: 'failed', ...failed };
  const counted = `${count.running} of ${count.wanted} ${count.isJob ? 'completed' : 'run'}`;
  const doing = updating(look.service);
  if (doing !== undefined) return { ...base, state: 'working', message: `${doing}: ${counted}` };
  if (count.done)
    return { ...base, state: 'converged', message: counted, settled: count.isJob || isProven(look, before) };
  const stuck = stuckReason(look.tasks.filter((task) => task.DesiredState === 'running' && isWaiting(task)));
  const message = [failed?.message, stuck === undefined ? counted : `${counted}: ${stuck}`].filter(Boolean).join('; ');
  return { ...base, ...failed, state: 'working', message, ...(stuck !== undefined && { stuck }) };
}

/** What swarm is doing with it; undefined: no update is under way. */
const updating = ({ UpdateStatus }: Service): string | undefined =>
  ({ updating: 'updating', rollback_started: 'rolling back' })[UpdateStatus?.State ?? ''];

/** Whether the tasks of the current spec crash in a loop; tasks of other specs do not count. */
function failsAgain(look: ServiceLook, before: Baseline): boolean {
  const current = isCurrent(look.service);
  const tasks = look.tasks.filter((task) => current(task) && !before.running.has(task.ID));
  return loopOf(look, failedTasks({ ...look, tasks }, before)) !== undefined;
}

/**
 * Tasks need no more time to be trusted if they ran before, if swarm itself watched them, or if they have health
 * checks.
 */
function isProven({ service, tasks, nodes }: ServiceLook, before: Baseline): boolean {
  if (['completed', 'rollback_completed'].includes(service.UpdateStatus?.State ?? '')) return true;
  const check = service.Spec.TaskTemplate?.ContainerSpec?.['Healthcheck'] as { Test?: readonly string[] } | undefined;
  if (check?.Test !== undefined && check.Test[0] !== 'NONE') return true;
  const ready = readyIds(nodes);
  return tasks.filter((task) => runsOn(ready, task)).every(({ ID }) => before.running.has(ID));
}

interface Count {
  readonly running: number;
  readonly wanted: number;
  readonly done: boolean;
  readonly isJob: boolean;
}

/**
 * The number of running tasks of a service, of any spec, on nodes that are Ready, and the number that should run; for
 * jobs, the completed tasks.
 */
export function runningOf({ service, tasks, nodes }: ServiceLook): Pick<Count, 'running' | 'wanted' | 'isJob'> {
  const { wanted, isJob, running: completed } = countTasks({ service, tasks, nodes });
  if (isJob) return { running: completed, wanted, isJob };
  const ready = readyIds(nodes);
  return { running: tasks.filter((task) => runsOn(ready, task)).length, wanted, isJob };
}

function countTasks({ service, tasks, nodes }: ServiceLook): Count {
  const mode = service.Spec.Mode ?? {};
  const job = mode['ReplicatedJob'] as
    { readonly TotalCompletions?: number; readonly MaxConcurrent?: number } | undefined;
  const eligible = nodes.filter((node) => mayReceive(service.Spec, node)).length;
  if (isJobMode(service)) {
    const iteration = service.JobStatus?.JobIteration?.Index ?? 0;
    const completed = tasks.filter(
      (task) => task.Status.State === 'complete' && (task.JobIteration?.Index ?? 0) === iteration,
    ).length;
    const wanted = job === undefined ? eligible : (job.TotalCompletions ?? job.MaxConcurrent ?? 1);
    return { running: completed, wanted, done: completed >= wanted, isJob: true };
  }
  const ready = readyIds(nodes);
  const current = isCurrent(service);
  const desired = tasks.filter((task) => task.DesiredState === 'running' || task.DesiredState === 'ready');
  const running = desired.filter((task) => runsOn(ready, task) && current(task)).length;
  const replicas = replicasOf(service.Spec);
  const wanted = replicas ?? eligible;
  // What is left of an older spec, or above the count, has still to go; tasks on lost nodes go when swarm sees it.
  const others = desired.filter((task) => ready.has(task.NodeID ?? '') && !(current(task) && runsOn(ready, task)));
  // A node that is paused keeps the task of a global service, and takes no new one.
  const isFull = replicas === undefined ? running >= wanted : running === wanted;
  return { running, wanted, done: isFull && others.length === 0, isJob: false };
}

const isJobMode = ({ Spec }: Service): boolean =>
  Spec.Mode?.['ReplicatedJob'] !== undefined || Spec.Mode?.['GlobalJob'] !== undefined;

/**
 * Placement does not make a task old: swarm restarts none for it that may stay where it is. Tasks do not tell their
 * runtime, services do (engine 20.10).
 */
function isCurrent(service: Service): (task: Task) => boolean {
  const text = (spec: Task['Spec']): string => stableJson({ ...spec, Placement: null, Runtime: null });
  const wanted = text(service.Spec.TaskTemplate);
  return (task) => task.Spec === undefined || text(task.Spec) === wanted;
}

function failedTasks(look: ServiceLook, before: Baseline): readonly FailedTask[] {
  const current = isCurrent(look.service);
  const isJob = isJobMode(look.service);
  const endedBadly = (task: Task): boolean =>
    badEnds.includes(task.Status.State) || (!isJob && task.Status.State === 'complete');
  return look.tasks
    .filter((task) => endedBadly(task) && !before.ended.has(task.ID))
    .filter((task) => current(task) || !before.running.has(task.ID))
    .sort((a, b) => ((a.Status.Timestamp ?? '') < (b.Status.Timestamp ?? '') ? 1 : -1))
    .map((task) => failedTask(look, task));
}

function failedTask({ service, nodes }: ServiceLook, task: Task): FailedTask {
  const { State: state, Err: error = '', Message: said = '', ContainerStatus: container } = task.Status;
  const exitCode = container?.ExitCode ?? null;
  const known = error === '' ? (exitCode === null ? said : `exited with code ${exitCode}`) : error;
  return {
    id: task.ID,
    name: taskName(service.Spec.Name, task, nodes),
    nodeId: task.NodeID ?? null,
    state,
    error: known,
    exitCode,
  };
}

/** `web.1`, as `docker service ps` names it; of a global service `web.HOSTNAME`. */
export function taskName(service: string, task: Task, nodes: readonly WorkloadNode[]): string {
  if (task.Slot !== undefined && task.Slot !== 0) return `${service}.${task.Slot}`;
  const node = nodes.find(({ ID }) => ID === task.NodeID);
  return `${service}.${node?.Description.Hostname ?? task.NodeID ?? '?'}`;
}

type Failure = Pick<Verdict, 'message'> & { readonly reason: FailureReason };

/** Why it will not get there, or undefined. */
function failureOf(look: ServiceLook, before: Baseline, failures: readonly FailedTask[]): Failure | undefined {
  const { Spec: spec } = look.service;
  const { State: state = '', Message: text = '' } = look.service.UpdateStatus ?? {};
  const said = text === '' ? '' : `: ${text}`;
  if (state === 'paused') return { reason: 'update-paused', message: `the update is paused${said}` };
  if (state === 'rollback_paused') return { reason: 'rollback-paused', message: `the rollback is paused${said}` };
  if (state === 'rollback_started') return undefined;
  if (state === 'rollback_completed' && !before.wantsRollback)
    return { reason: 'rolled-back', message: `the update failed and was rolled back${said}` };
  const action = (spec['UpdateConfig'] as { readonly FailureAction?: string } | null | undefined)?.FailureAction;
  // While it updates, swarm itself judges, with the ratio and the time that the user chose.
  return state === 'updating' && action !== 'continue' ? undefined : loopOf(look, failures);
}

function loopOf({ service }: ServiceLook, failures: readonly FailedTask[]): Failure | undefined {
  const { restarts, onlyFailures } = restartPolicy(service);
  const most = Math.min(crashesOfALoop, restarts + 1);
  // A task that ended well is not started again where only failures are.
  const counted = failures.filter(({ state }) => state !== 'complete' || !onlyFailures);
  const counts = new Map<string, number>();
  for (const { name } of counted) counts.set(name, (counts.get(name) ?? 0) + 1);
  const worst = [...counts].find(([, times]) => times >= most);
  if (worst === undefined) return undefined;
  const [name, times] = worst;
  if (isJobMode(service)) return { reason: 'job-failed', message: `${name} failed ${timesText(times)}` };
  return times > restarts
    ? { reason: 'not-restarted', message: `${name} ended and will not be started again` }
    : { reason: 'crash-loop', message: `${name} failed ${timesText(times)} in a row` };
}

/** How often swarm starts a task again. */
function restartPolicy({ Spec }: Service): { readonly restarts: number; readonly onlyFailures: boolean } {
  const policy = Spec.TaskTemplate?.['RestartPolicy'] as
    { readonly Condition?: string; readonly MaxAttempts?: number } | null | undefined;
  const attempts = policy?.MaxAttempts ?? 0;
  const restarts = policy?.Condition === 'none' ? 0 : attempts === 0 ? Number.POSITIVE_INFINITY : attempts;
  return { restarts, onlyFailures: policy?.Condition === 'on-failure' };
}

const timesText = (times: number): string => (times === 1 ? 'once' : `${times} times`);
