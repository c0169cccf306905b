import { messageOf } from '../../lib/errors.js';
import type { Driver, Problem } from '../../drivers/driver.js';
import { buildCreatePlan } from '../../plan/build-create-plan.js';
import { plannedStep, runPlan } from '../../plan/run-plan.js';
import type { Step } from '../../plan/step.js';
import { refreshHostFiles } from '../clients/change-contexts.js';
import { chooseDriver, driverContext, preflightError } from './choose-driver.js';
import { afterAbort } from '../after-abort.js';
import type { OperationContext } from '../context.js';
import { createAgentWork } from './create-agent-work.js';
import { createHostWork } from './create-host-work.js';
import { type CreateJob, hostJobs } from './create-job.js';
import { type CreatedHost, createdHosts, interrupted, nextCommands } from './create-outcome.js';
import { createSwarmWork } from './create-swarm-work.js';
import { estimateHosts } from './estimate-hosts.js';
import { rememberHostTime } from './host-times.js';
import { listNodes } from '../nodes/list-nodes.js';
import { lockHosts } from '../lock-hosts.js';
import {
  checkRequest,
  type ChosenGroup,
  type CreatePreparation,
  prepareCreate,
  saveNewRecords,
} from './prepare-create.js';
import { removeHosts } from '../hosts/remove-hosts.js';
import type { CreateRequest, CreateResult, HostOutcome, NodeRow } from '../results.js';
import type { Survey } from './survey-hosts.js';

/**
 * Makes hosts with Docker Engine and joins them to one swarm, or brings what an earlier try left to that state.
 * Hosts that are as wanted are left alone. A host that fails does not stop the others: its outcome says why.
 * On abort nothing new begins and everything made so far is on record.
 * Errors: those of `checkRequest`, `chooseDriver`, `prepareCreate`; a preflight code (exit 3); LOCKED (exit 5);
 * INTERRUPTED (exit 130).
 */
export async function createHosts(context: OperationContext, request: CreateRequest): Promise<CreateResult> {
  const began = performance.now();
  const { names, swarm, dryRun, locked = false } = request;
  const parts = partsOf(request);
  for (const part of [request, ...parts]) checkRequest(part);
  const groups: ChosenGroup[] = [];
  for (const part of parts) groups.push({ request: part, chosen: await chooseDriver(context, part) });
  const hosts = names.map((name) => ({ name, swarm }));
  const work = (): Promise<CreateResult> => lockedCreate(context, request, groups, began);
  // A dry run writes nothing, not even a lock.
  return dryRun || locked ? work() : lockHosts(context, hosts, 30 * 60_000, work);
}

const partsOf = (request: CreateRequest): readonly CreateRequest[] =>
  (request.groups ?? [request]).map((group) => ({ ...request, ...group }));

async function lockedCreate(
  context: OperationContext,
  request: CreateRequest,
  groups: readonly ChosenGroup[],
  began: number,
): Promise<CreateResult> {
  const prepared = await prepareCreate(context, request, groups);
  const warnings = [...prepared.warnings];
  for (const group of groups) warnings.push(...(await preflight(context, group, prepared)));
  for (const message of warnings) context.report({ type: 'warning', message });
  const reasons = new Map(groups.map(({ chosen: { driver, reason } }) => [driver.name, reason]));
  for (const [name, reason] of reasons) context.report({ type: 'info', message: `driver ${name} (${reason})` });
  const [driver, driverReason] = [[...reasons.keys()].join(', '), [...reasons.values()].join(', ')];
  const base = { swarm: request.swarm, driver, driverReason };
  const elapsed = (): number => Math.round(performance.now() - began);
  const drivers = await driversOf(context, prepared);
  const surveys = await survey(context, request, prepared, drivers);
  const run = plannedRun(context, request, prepared, { drivers, surveys, warnings });
  if (request.dryRun) {
    for (const [host, found] of surveys) for (const message of found.warnings) run.job.warn(message, host);
    context.report({ type: 'plan', steps: run.steps.map(plannedStep) });
    const cost = await costOf(context, groups, prepared, warnings);
    return { ...base, dryRun: true, ...plannedOnly(prepared), ...cost, warnings, elapsedMs: elapsed() };
  }
  await saveNewRecords(context, prepared.targets);
  const started = performance.now();
  const made = await make(run).finally(() => refreshHostFiles(context));
  await rememberHostTime(context, [...reasons.keys()], made.hosts, Math.round(performance.now() - started));
  return { ...base, dryRun: false, ...made, warnings, elapsedMs: elapsed() };
}

/** The driver's own check, only when there is something to make. Returns its warnings. */
async function preflight(
  context: OperationContext,
  { request, chosen }: ChosenGroup,
  prepared: CreatePreparation,
): Promise<readonly string[]> {
  const wanted = prepared.targets
    .map(({ record }) => record)
    .filter(({ phase, name }) => phase === 'creating' && request.names.includes(name));
  if (wanted.length === 0) return [];
  const problems = await chosen.driver.check(
    driverContext(context, chosen.driver, chosen.options),
    wanted.map(({ name }) => name),
    wanted.filter(({ role }) => role === 'manager').map(({ name }) => name),
  );
  const of = (severity: Problem['severity']): readonly Problem[] => problems.filter((p) => p.severity === severity);
  if (of('error').length > 0) throw preflightError(of('error'));
  return of('warning').map((problem) => [problem.message, ...problem.hints].join('; '));
}

export interface PlannedRun {
  readonly job: CreateJob;
  readonly steps: readonly Step[];
}

type Drivers = ReadonlyMap<string, Driver>;

/** Loaded only for drivers that need it. */
async function survey(
  context: OperationContext,
  request: CreateRequest,
  { targets }: CreatePreparation,
  drivers: Drivers,
): Promise<ReadonlyMap<string, Survey>> {
  if (![...drivers.values()].some((driver) => driver.locate !== undefined)) return new Map();
  const { surveyHosts } = await import('./survey-hosts.js');
  return surveyHosts(context, request, targets, drivers);
}

interface RunParts {
  readonly drivers: Drivers;
  readonly surveys: ReadonlyMap<string, Survey>;
  readonly warnings: string[];
  readonly leavesFormer?: boolean;
}

/** The steps that bring hosts to what `prepared` says; nothing is done yet. */
export function plannedRun(
  context: OperationContext,
  request: CreateRequest,
  prepared: CreatePreparation,
  { drivers, surveys, warnings, leavesFormer = false }: RunParts,
): PlannedRun {
  const job: CreateJob = {
    context,
    request,
    hosts: hostJobs(prepared.targets, surveys),
    drivers,
    leavesFormer,
    warn: (message, host) => {
      warnings.push(message);
      context.report({ type: 'warning', message, ...(host !== undefined && { host }) });
    },
  };
  const planned = prepared.targets.map(({ record: { name, role } }) => ({
    name,
    role,
    agent: prepared.agent && role === 'manager',
  }));
  const work = { ...createHostWork(job), ...createSwarmWork(job), installAgent: createAgentWork(job) };
  return { job, steps: buildCreatePlan(planned, prepared.initOn, work) };
}

/** Does it. Errors: INTERRUPTED; what went wrong on a host is in its outcome. */
export async function make({ job, steps }: PlannedRun): Promise<Pick<CreateResult, 'hosts' | 'nodes' | 'next'>> {
  const { context, request } = job;
  const outcome = await runPlan(steps, { signal: context.signal, report: context.report });
  const made = createdHosts(job, steps, outcome);
  const failed = made.some((host) => host.status === 'failed');
  const rollingBack = failed && request.rollback;
  const hosts = rollingBack ? await rollBack(job, made) : made;
  if (context.signal.aborted) throw interrupted(request, rollingBack, context.signal.reason);
  return { hosts, nodes: await finalNodes(job, hosts), next: nextCommands(request, hosts) };
}

/** The drivers of hosts, by name. Errors: DRIVER_UNKNOWN. */
export async function driversOf(context: OperationContext, prepared: CreatePreparation): Promise<Drivers> {
  const names = new Set(prepared.targets.map(({ record }) => record.driver));
  return new Map(await Promise.all([...names].map(async (name) => [name, await context.drivers.get(name)] as const)));
}

/** Removes the hosts that this run made, whatever became of them; each says so, or why it is still there. */
async function rollBack(job: CreateJob, hosts: readonly CreatedHost[]): Promise<readonly CreatedHost[]> {
  const names = hosts.filter(({ name }) => job.hosts.get(name)?.isNew === true).map(({ name }) => name);
  if (names.length === 0) return hosts;
  job.warn(`rolling back: removing ${names.join(', ')}`);
  // The user's Ctrl-C stopped the making; the clean-up it was asked to do must still happen.
  const context = afterAbort(job.context, new AbortController().signal);
  const removed = await removeHosts(context, { names, force: true, locked: true });
  for (const { name, error } of removed.hosts)
    if (error !== undefined) job.warn(`${name} could not be rolled back: ${error.message}`, name);
  // A host that failed keeps its error: it is why there was a rollback.
  const isGone = (host: CreatedHost): boolean =>
    host.status !== 'failed' && removed.hosts.some(({ name, status }) => name === host.name && status === 'removed');
  return hosts.map((host) => (isGone(host) ? { ...host, status: 'removed', url: null } : host));
}

/** The nodes at the end. The hosts are what they are even when no manager can be asked any more. */
async function finalNodes(job: CreateJob, hosts: readonly CreatedHost[]): Promise<readonly NodeRow[]> {
  const { swarm } = job.request;
  if (swarm === null || job.swarm === undefined || hosts.some(({ status }) => status === 'removed')) return [];
  try {
    return (await listNodes(job.context, swarm)).nodes;
  } catch (error) {
    job.context.signal.throwIfAborted();
    job.warn(`the nodes cannot be listed: ${messageOf(error)}`);
    return [];
  }
}

/** What the new hosts of all groups would cost. */
async function costOf(
  context: OperationContext,
  groups: readonly ChosenGroup[],
  { targets }: CreatePreparation,
  warnings: string[],
): Promise<Pick<CreateResult, 'cost'>> {
  const added = new Set(targets.filter(({ isNew }) => isNew).map(({ record }) => record.name));
  const hosts = groups.map(({ request, chosen: { driver, options } }) => ({
    driver,
    options,
    names: request.names.filter((name) => added.has(name)),
  }));
  const cost = await estimateHosts(context, hosts, (message) => warnings.push(message));
  return cost === undefined ? {} : { cost };
}

/** What a dry run tells: the steps, and per host whether it would be made or looked at. */
function plannedOnly(prepared: CreatePreparation): Pick<CreateResult, 'hosts' | 'nodes' | 'next'> {
  const status = (isNew: boolean): HostOutcome['status'] => (isNew ? 'would-create' : 'would-check');
  const hosts = prepared.targets.map(({ record, isNew }) => ({
    name: record.name,
    role: record.role,
    url: record.engine?.url ?? null,
    status: status(isNew),
  }));
  return { hosts, nodes: [], next: [] };
}
