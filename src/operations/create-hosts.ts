import { errorJson } from '../lib/error-json.js';
import { SwarmupError } from '../lib/errors.js';
import type { Driver, Problem } from '../drivers/driver.js';
import { buildCreatePlan } from '../plan/build-create-plan.js';
import { plannedStep, runPlan } from '../plan/run-plan.js';
import type { PlanOutcome, Step } from '../plan/step.js';
import { chooseDriver, type ChosenDriver, driverContext, preflightError } from './choose-driver.js';
import type { OperationContext } from './context.js';
import { createAgentWork } from './create-agent-work.js';
import { createHostWork } from './create-host-work.js';
import { type CreateJob, hostJobs, type HostJob } from './create-job.js';
import { createSwarmWork } from './create-swarm-work.js';
import { listNodes } from './list-nodes.js';
import { checkRequest, type CreatePreparation, prepareCreate, saveNewRecords } from './prepare-create.js';
import { removeHosts } from './remove-hosts.js';
import type { CreateRequest, CreateResult, HostOutcome, NodeRow } from './results.js';

type CreatedHost = CreateResult['hosts'][number];

/**
 * Makes hosts with Docker Engine and joins them to one swarm, or brings what an earlier try left to that state.
 * Hosts that are as wanted are left alone. A host that fails does not stop the others: its outcome says why.
 * On abort nothing new begins and everything made so far is on record.
 * Errors: those of `checkRequest`, `chooseDriver`, `prepareCreate`; a preflight code (exit 3); LOCKED (exit 5);
 * INTERRUPTED (exit 130).
 */
export async function createHosts(context: OperationContext, request: CreateRequest): Promise<CreateResult> {
  const began = performance.now();
  checkRequest(request);
  const chosen = await chooseDriver(context, request);
  const key = request.swarm === null ? `hosts-${[...request.names].sort().join('-')}` : `swarm-${request.swarm}`;
  const onWait = (message: string): void => {
    context.report({ type: 'info', message });
  };
  return context.store.withLock(key, { signal: context.signal, onWait, timeoutMs: 30 * 60_000 }, async () => {
    const prepared = await prepareCreate(context, request, chosen);
    const warnings = [...prepared.warnings, ...(await preflight(context, chosen, prepared))];
    for (const message of warnings) context.report({ type: 'warning', message });
    context.report({ type: 'info', message: `driver ${chosen.driver.name} (${chosen.reason})` });
    const base = { swarm: request.swarm, driver: chosen.driver.name, driverReason: chosen.reason };
    const elapsed = (): number => Math.round(performance.now() - began);
    const run = await plannedRun(context, request, prepared, warnings);
    if (request.dryRun) {
      context.report({ type: 'plan', steps: run.steps.map(plannedStep) });
      return { ...base, dryRun: true, ...plannedOnly(prepared), warnings, elapsedMs: elapsed() };
    }
    await saveNewRecords(context, prepared.targets);
    return { ...base, dryRun: false, ...(await make(run)), warnings, elapsedMs: elapsed() };
  });
}

/** The driver's own check, only when there is something to make. Returns its warnings. */
async function preflight(
  context: OperationContext,
  chosen: ChosenDriver,
  prepared: CreatePreparation,
): Promise<readonly string[]> {
  const names = prepared.targets.filter(({ record }) => record.phase === 'creating').map(({ record }) => record.name);
  if (names.length === 0) return [];
  const problems = await chosen.driver.check(driverContext(context, chosen.driver, chosen.options), names);
  const of = (severity: Problem['severity']): readonly Problem[] => problems.filter((p) => p.severity === severity);
  if (of('error').length > 0) throw preflightError(of('error'));
  return of('warning').map((problem) => [problem.message, ...problem.hints].join('; '));
}

interface PlannedRun {
  readonly job: CreateJob;
  readonly steps: readonly Step[];
}

async function plannedRun(
  context: OperationContext,
  request: CreateRequest,
  prepared: CreatePreparation,
  warnings: string[],
): Promise<PlannedRun> {
  const job: CreateJob = {
    context,
    request,
    hosts: hostJobs(prepared.targets),
    drivers: await driversOf(context, prepared),
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

async function make({ job, steps }: PlannedRun): Promise<Pick<CreateResult, 'hosts' | 'nodes' | 'next'>> {
  const { context, request } = job;
  const outcome = await runPlan(steps, { signal: context.signal, report: context.report });
  const hosts = [...job.hosts].map(([name, host]) => createdHost(name, host, outcome));
  if (hosts.some((host) => host.status === 'failed') && request.rollback) await rollBack(job, hosts);
  if (context.signal.aborted) throw interrupted(context, request);
  return { hosts, nodes: await finalNodes(job), next: nextCommands(request, hosts) };
}

async function driversOf(context: OperationContext, prepared: CreatePreparation): Promise<ReadonlyMap<string, Driver>> {
  const names = new Set(prepared.targets.map(({ record }) => record.driver));
  return new Map(await Promise.all([...names].map(async (name) => [name, await context.drivers.get(name)] as const)));
}

function createdHost(name: string, host: HostJob, outcome: PlanOutcome): CreatedHost {
  const { role, engine } = host.record;
  const mine = [...outcome].filter(([id]) => id.startsWith(`${name}/`)).map(([, result]) => result);
  const base = { name, role, url: engine?.url ?? null };
  const failed = mine.find((result) => result.status === 'failed');
  if (failed !== undefined) return { ...base, status: 'failed', error: errorJson(failed.error) };
  const skipped = mine.find((result) => result.status === 'skipped');
  if (skipped !== undefined)
    return { ...base, status: 'failed', error: errorJson(skippedError(name, skipped.reason, outcome)) };
  const changed = mine.some((result) => result.status === 'changed');
  return { ...base, status: host.isNew ? 'created' : changed ? 'resumed' : 'unchanged' };
}

/** A host that could not go on because of another step: the cause of that step is what the user must know. */
function skippedError(name: string, reason: string, outcome: PlanOutcome): unknown {
  const open = outcome.get('swarm/open');
  const cause = open?.status === 'failed' ? errorJson(open.error).message : reason;
  return new SwarmupError('NOT_JOINED', `${name} has Docker but is not in the swarm: ${cause}`, { host: name });
}

async function rollBack(job: CreateJob, hosts: readonly CreatedHost[]): Promise<void> {
  const names = hosts.filter(({ name }) => job.hosts.get(name)?.isNew === true).map(({ name }) => name);
  job.warn(`rolling back: removing ${names.join(', ')}`);
  // The user's Ctrl-C stopped the making; the clean-up it was asked to do must still happen.
  const context = { ...job.context, signal: new AbortController().signal };
  await removeHosts(context, { names, force: true, locked: true });
}

function interrupted(context: OperationContext, request: CreateRequest): SwarmupError {
  const names = request.names.join(' ');
  const cause = context.signal.reason as unknown;
  const swarm = request.swarm === null ? ' --no-swarm' : request.swarm === 'default' ? '' : ` --swarm ${request.swarm}`;
  return new SwarmupError('INTERRUPTED', `stopped; what was made is kept`, {
    exitCode: cause instanceof SwarmupError ? cause.exitCode : 130,
    hints: [`swarmup create${swarm} ${names} goes on from here`, `swarmup rm --yes ${names} removes it`],
    cause,
  });
}

async function finalNodes(job: CreateJob): Promise<readonly NodeRow[]> {
  const { swarm } = job.request;
  if (swarm === null || job.swarm === undefined) return [];
  return (await listNodes(job.context, swarm)).nodes;
}

function nextCommands(request: CreateRequest, hosts: readonly CreatedHost[]): readonly string[] {
  const first = hosts.find((host) => host.role !== 'worker' && host.status !== 'failed');
  const failed = hosts.filter((host) => host.status === 'failed').map((host) => host.name);
  const retry = failed.length === 0 ? [] : [`swarmup create ${request.names.join(' ')}    # tries again what failed`];
  if (first === undefined) return retry;
  const look = request.swarm === null ? 'docker ps' : 'docker node ls';
  const other = hosts.at(-1)?.name ?? first.name;
  const env =
    first.url === null ? `swarmup ssh ${first.name} -- ${look}` : `eval "$(swarmup env ${first.name})"; ${look}`;
  return [...retry, env, `swarmup ssh ${other}`];
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
