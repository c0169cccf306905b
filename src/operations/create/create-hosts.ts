import type { Problem } from '../../drivers/driver.js';
import { plannedStep } from '../../plan/run-plan.js';
import { chooseDriver } from './choose-driver.js';
import type { OperationContext } from '../access/context.js';
import type { CreatePreparation, Survey } from '../steps/create-job.js';
import { estimateHosts } from './estimate-hosts.js';
import { rememberHostTime } from './host-times.js';
import { lockHosts } from '../access/lock-hosts.js';
import { type ChosenGroup, prepareCreate, saveNewRecords } from './prepare-create.js';
import type { CreateRequest, CreateResult, HostOutcome } from '../access/results.js';
import { driverContext, preflightError } from '../access/driver-context.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';
import { checkRequest } from '../steps/check-request.js';
import { type Drivers, plannedRun, make, driversOf } from '../steps/bring-up.js';

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
