import type { CostEstimate } from '../../drivers/driver.js';
import type { Plan } from '../../plan/plan.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { type CreateOptions, type CreateRequest, namesOf } from '../access/create-request.js';
import type { CreateResult } from '../access/results.js';
import { bringUp, warnInto } from '../steps/bring-up.js';
import { checkRequest } from '../steps/check-request.js';
import type { CreateRun, CreateSession } from '../steps/create-run.js';
import { startWarnings } from '../steps/check-start.js';
import { refreshHostFiles } from '../steps/refresh-host-files.js';
import { chooseDriver, type ChosenGroup } from './choose-driver.js';
import { estimateHosts } from './estimate-hosts.js';
import { rememberHostTime } from './host-times.js';
import { type Preflight, preflight } from './preflight.js';
import { prepareCreate, saveNewRecords } from './prepare-create.js';
import { refuseOrphans } from './refuse-orphans.js';

/**
 * Creates hosts with Docker Engine and joins them to one swarm, or finishes an earlier attempt. Hosts that are already
 * correct are not changed. A host that fails does not stop the others: its outcome has the reason. After an abort, no
 * new work starts and everything made so far is on record. Errors: those of `checkRequest`, `chooseDriver`,
 * `refuseOrphans`, `prepareCreate`; a preflight code (exit 3); LOCKED (exit 5); INTERRUPTED (exit 130).
 */
export async function createHosts(
  context: OperationContext,
  request: CreateRequest,
  options: CreateOptions = {},
): Promise<CreateResult> {
  const began = performance.now();
  checkRequest(request);
  const swarm = request.swarm?.name ?? null;
  const groups: ChosenGroup[] = [];
  for (const group of request.groups)
    groups.push({ group, chosen: await chooseDriver(context, group, swarm ?? group.like ?? null) });
  const plan = (): Promise<Plan<CreateResult>> => planCreate(context, request, groups, { ...options, began });
  const locks = namesOf(request).map((name) => ({ name, swarm }));
  return carryOut(context, { locks, lockTimeoutMs: 30 * 60_000, plan }, options);
}

async function planCreate(
  context: OperationContext,
  { swarm, trust }: CreateRequest,
  groups: readonly ChosenGroup[],
  { began, dryRun = false, rollback = false, again, fix }: CreateOptions & { readonly began: number },
): Promise<Plan<CreateResult>> {
  await refuseOrphans(context, swarm?.name ?? null, groups);
  const prepared = await prepareCreate(context, swarm, groups);
  const { hosts } = prepared;
  const warnings = [...prepared.warnings, ...new Set(groups.flatMap(({ chosen }) => chosen.warnings))];
  const checks: Preflight[] = [];
  for (const group of groups) checks.push(await preflight(context, group, prepared, fix));
  warnings.push(...checks.flatMap((check) => check.warnings));
  const made = hosts.map(({ record }) => record).filter(({ phase }) => phase !== 'creating');
  warnings.push(...(await startWarnings(context, made)));
  const fixes = checks.flatMap((check) => check.fixes);
  for (const message of warnings) context.report({ type: 'warning', message });
  for (const { does } of fixes) context.report({ type: 'info', message: dryRun ? `would ${does}` : does });
  const drivers = tellDrivers(context, groups);
  const run: CreateRun = { context, hosts, swarm, trust, warn: warnInto(context, warnings) };
  await survey(run, dryRun);
  const { initOn, agent } = prepared;
  const making = bringUp(run, { initOn, agent, rollback, ...(again !== undefined && { again }) });
  const base = {
    swarm: swarm?.name ?? null,
    driver: drivers.map(({ name }) => name).join(', '),
    driverReason: drivers.map(({ reason }) => reason).join(', '),
    inheritedOptions: inheritedFlags(groups),
    dryRun,
    ...(fixes.length > 0 && { fixes: fixes.map(({ does }) => does) }),
  };
  const elapsedSince = (start: number): number => Math.round(performance.now() - start);
  let started = began;
  return {
    ...making,
    begin: async () => {
      for (const { make } of fixes) await make();
      await saveNewRecords(context, hosts);
      started = performance.now();
    },
    finish: () => refreshHostFiles(context),
    result: async (outcome) => {
      if (dryRun) {
        for (const { name, survey: found } of hosts)
          for (const message of found?.warnings ?? []) run.warn(message, name);
        const cost = await costOf(context, groups, hosts, warnings);
        return { ...base, ...plannedOnly(hosts), ...cost, warnings, elapsedMs: elapsedSince(began) };
      }
      const made = await making.result(outcome);
      const names = drivers.map(({ name }) => name);
      await rememberHostTime(context, names, made.hosts, elapsedSince(started));
      return { ...base, ...made, warnings, elapsedMs: elapsedSince(began) };
    },
  };
}

const inheritedFlags = (groups: readonly ChosenGroup[]): readonly string[] => [
  ...new Set(groups.flatMap(({ chosen }) => chosen.inherited)),
];

/** Which drivers make the hosts, and why, each once. */
function tellDrivers(
  context: OperationContext,
  groups: readonly ChosenGroup[],
): readonly { readonly name: string; readonly reason: string }[] {
  const reasons = new Map(groups.map(({ chosen: { driver, reason } }) => [driver.name, reason]));
  for (const [name, reason] of reasons) context.report({ type: 'info', message: `driver ${name} (${reason})` });
  const flags = inheritedFlags(groups);
  if (flags.length > 0) context.report({ type: 'info', message: `options of the swarm: ${flags.join(' ')}` });
  return [...reasons].map(([name, reason]) => ({ name, reason }));
}

/** Loaded only for drivers that need it. */
async function survey(run: CreateRun, dryRun: boolean): Promise<void> {
  if (!run.hosts.some(({ driver }) => driver.locate !== undefined)) return;
  const { surveyHosts } = await import('./survey-hosts.js');
  await surveyHosts(run, { dryRun });
}

/** What the new hosts of all groups would cost. */
async function costOf(
  context: OperationContext,
  groups: readonly ChosenGroup[],
  hosts: readonly CreateSession[],
  warnings: string[],
): Promise<{ readonly cost?: CostEstimate }> {
  const added = new Set(hosts.filter(({ isNew }) => isNew).map(({ name }) => name));
  const priced = groups.map(({ group, chosen: { driver, options } }) => ({
    driver,
    options,
    names: group.names.filter((name) => added.has(name)),
  }));
  const cost = await estimateHosts(context, priced, (message) => warnings.push(message));
  return cost === undefined ? {} : { cost };
}

/** The result of a dry run: for each host, whether it would be made or inspected. */
function plannedOnly(hosts: readonly CreateSession[]): Pick<CreateResult, 'hosts' | 'nodes' | 'next'> {
  const planned = hosts.map(({ record: { name, role, engine }, isNew }) => {
    const status = isNew ? ('would-create' as const) : ('would-check' as const);
    return { name, role, url: engine?.url ?? null, status };
  });
  return { hosts: planned, nodes: [], next: [] };
}
