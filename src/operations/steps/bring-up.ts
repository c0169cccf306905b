import { messageOf } from '../../lib/errors.js';
import type { Driver } from '../../drivers/driver.js';
import { buildCreatePlan } from '../../plan/build-create-plan.js';
import { runPlan } from '../../plan/run-plan.js';
import type { Step } from '../../plan/step.js';
import { underSignal } from '../access/under-signal.js';
import type { OperationContext } from '../access/context.js';
import { createAgentWork } from './create-agent-work.js';
import { createHostWork } from './create-host-work.js';
import { type CreateJob, hostJobs, type CreatePreparation, type Survey } from './create-job.js';
import { type CreatedHost, createdHosts, interrupted, nextCommands } from './create-outcome.js';
import { createSwarmWork } from './create-swarm-work.js';
import { removeMachines } from './remove-machines.js';
import type { CreateRequest, CreateResult, NodeRow } from '../access/results.js';
import { listNodes } from '../access/node-rows.js';

interface PlannedRun {
  readonly job: CreateJob;
  readonly steps: readonly Step[];
}

export type Drivers = ReadonlyMap<string, Driver>;

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
  const isNew = ({ name }: CreatedHost): boolean => job.hosts.get(name)?.isNew === true;
  const records = (await Promise.all(hosts.filter(isNew).map(({ name }) => job.context.store.read(name)))).flatMap(
    (record) => record ?? [],
  );
  if (records.length === 0) return hosts;
  job.warn(`rolling back: removing ${records.map(({ name }) => name).join(', ')}`);
  // The user's Ctrl-C stopped the making; the clean-up it was asked to do must still happen.
  const context = underSignal(job.context, new AbortController().signal);
  const removed = await removeMachines(context, records, { force: true });
  for (const { name, error } of removed)
    if (error !== undefined) job.warn(`${name} could not be rolled back: ${error.message}`, name);
  // A host that failed keeps its error: it is why there was a rollback.
  const isGone = (host: CreatedHost): boolean =>
    host.status !== 'failed' && removed.some(({ name, status }) => name === host.name && status === 'removed');
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
