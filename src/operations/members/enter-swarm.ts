import { SwarmupError, usageError } from '../../lib/errors.js';
import type { OptionValues } from '../../drivers/driver.js';
import { plannedStep } from '../../plan/run-plan.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { checkHostName } from '../../machine/names.js';
import { beliefOf } from '../../swarm/membership.js';
import { engineInfo } from '../../swarm/swarm-api.js';
import { createCommand } from '../access/create-command.js';
import type { OperationContext } from '../access/context.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { lockHosts } from '../access/lock-hosts.js';
import type { CreateRequest, HostOutcome, NodeRow } from '../access/results.js';
import { foreignSwarm, hostEngine } from '../access/swarm-access.js';
import type { CreatePreparation } from '../steps/create-job.js';
import { checkRequest } from '../steps/check-request.js';
import { driversOf, make, plannedRun } from '../steps/bring-up.js';

export interface EnterRequest {
  readonly swarm: string;
  readonly names: readonly string[];
  readonly role: Role;
  readonly advertiseAddr: string | undefined;
  /** Subnets for overlay networks of a new swarm. */
  readonly addressPool: string | undefined;
  /** Whether managers get the agent; undefined: as the swarm was made. */
  readonly agent: boolean | undefined;
  readonly dryRun: boolean;
}

export interface EnterResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly hosts: readonly HostOutcome[];
  readonly nodes: readonly NodeRow[];
  readonly warnings: readonly string[];
}

/**
 * Makes hosts that have a Docker Engine, but are in no swarm, nodes of one that there is: looked at, configured for
 * swarm mode and checked as `create` does. Hosts that are nodes of it already stay as they are. One that was removed, or
 * lost in a recovery, while it was off leaves what it believes to be in first.
 * Errors: SWARM_UNKNOWN, HOST_UNKNOWN, HOST_IN_SWARM (exit 2), HOST_NOT_READY; those of `guardSwarm`; LOCKED.
 */
export async function joinHosts(context: OperationContext, request: EnterRequest): Promise<EnterResult> {
  return entering(context, request, async () => {
    const { swarm, role } = request;
    const records = await freeHosts(context, request);
    const names = records.filter(({ nodeId }) => nodeId === null).map(({ name }) => name);
    await guardSwarm(context, swarm, { type: 'join', role, names });
    return bringIn(context, request, records, undefined);
  });
}

/**
 * Makes a swarm on a host that has a Docker Engine and is in none; more hosts join it with `joinHosts` or `create`.
 * Errors: SWARM_EXISTS, HOST_UNKNOWN, HOST_IN_SWARM (exit 2), FOREIGN_SWARM (exit 3), HOST_NOT_READY; LOCKED.
 */
export async function initSwarmOn(context: OperationContext, request: EnterRequest): Promise<EnterResult> {
  return entering(context, request, async () => {
    const { swarm } = request;
    if ((await context.store.readSwarm(swarm)) !== undefined)
      throw usageError(
        'SWARM_EXISTS',
        `there is a swarm named ${swarm}`,
        `swarmup swarm join --swarm ${swarm} ${request.names.join(' ')}`,
        'or give another name with --swarm',
      );
    const records = await freeHosts(context, request);
    // One that a killed init has begun goes on.
    for (const record of records.filter((known) => known.swarm === null)) await checkInNone(context, record, swarm);
    return bringIn(context, request, records, records[0]?.name);
  });
}

function entering(
  context: OperationContext,
  request: EnterRequest,
  work: () => Promise<EnterResult>,
): Promise<EnterResult> {
  const { swarm, names, dryRun } = request;
  checkHostName(swarm, 'swarm');
  const hosts = [{ name: '', swarm }, ...names.map((name) => ({ name, swarm: null }))];
  return dryRun ? work() : lockHosts(context, hosts, 10 * 60_000, work);
}

async function freeHosts(context: OperationContext, { swarm, names }: EnterRequest): Promise<readonly MachineRecord[]> {
  const records = await Promise.all([...new Set(names)].map((name) => context.store.require(name)));
  for (const { name, phase, swarm: other } of records) {
    if (other !== null && other !== swarm)
      throw usageError(
        'HOST_IN_SWARM',
        `${name} belongs to swarm ${other}`,
        `swarmup swarm leave --swarm ${other} ${name} first`,
      );
    if (phase !== 'ready')
      throw new SwarmupError('HOST_NOT_READY', `the creation of ${name} was not finished`, {
        host: name,
        hints: [`${createCommand(other, [name])} resumes it`],
      });
  }
  return records;
}

/** What is in a swarm already is somebody's. */
async function checkInNone(context: OperationContext, record: MachineRecord, swarm: string): Promise<void> {
  const { Swarm: own } = await engineInfo(hostEngine(context, record), context.signal);
  if (beliefOf(own) !== 'outside') throw foreignSwarm(record.name, swarm, `its node ID is ${own.NodeID || '?'}`);
}

async function bringIn(
  context: OperationContext,
  request: EnterRequest,
  records: readonly MachineRecord[],
  initOn: string | undefined,
): Promise<EnterResult> {
  const { swarm, dryRun } = request;
  const wanted = records.map((record) => (record.nodeId === null ? { ...record, swarm, role: request.role } : record));
  const known = await context.store.readSwarm(swarm);
  const prepared: CreatePreparation = {
    targets: wanted.map((record) => ({ record, isNew: false, options: record.options as OptionValues })),
    initOn,
    agent: request.agent ?? known?.agent ?? true,
    warnings: [],
  };
  const asked = createRequest(request);
  checkRequest(asked);
  const warnings: string[] = [];
  const drivers = await driversOf(context, prepared);
  const run = plannedRun(context, asked, prepared, { drivers, surveys: new Map(), warnings, leavesFormer: true });
  if (dryRun) {
    context.report({ type: 'plan', steps: run.steps.map(plannedStep) });
    const planned = wanted.map(
      ({ name, nodeId }) => ({ name, status: nodeId === null ? 'would-join' : 'unchanged' }) as const,
    );
    return { swarm, dryRun, hosts: planned, nodes: [], warnings };
  }
  // Before anything is made, so that a run that was stopped goes on.
  for (const { name, nodeId, role } of wanted)
    if (nodeId === null) await context.store.update(name, (record) => ({ ...record, swarm, role }));
  const { hosts, nodes } = await make(run);
  return { swarm, dryRun, hosts: hosts.map((host) => outcomeOf(host, records)), nodes, warnings };
}

function outcomeOf({ name, status, error }: HostOutcome, records: readonly MachineRecord[]): HostOutcome {
  const wasIn = records.some((record) => record.name === name && record.nodeId !== null);
  const joined = status === 'resumed' && !wasIn ? 'joined' : status;
  return { name, status: joined, ...(error !== undefined && { error }) };
}

/** What `create` would be asked for hosts that are there. */
const createRequest = ({ swarm, names, advertiseAddr, addressPool, agent, dryRun }: EnterRequest): CreateRequest => ({
  names,
  managers: undefined,
  swarm,
  driver: undefined,
  driverOptions: {},
  engineVersion: undefined,
  tls: true,
  tlsSans: [],
  advertiseAddr,
  addressPool,
  agent,
  rollback: false,
  dryRun,
});
