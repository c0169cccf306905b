import type { Plan } from '../../plan/plan.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { networkOf } from '../../lib/cidr.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { checkHostName } from '../../machine/check-names.js';
import { nameWithin, ownName } from '../../machine/names.js';
import { beliefOf } from '../../swarm/membership.js';
import { engineInfo } from '../../swarm/swarm-api.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import type { HostOutcome, NodeRow } from '../access/results.js';
import { foreignSwarm, hostEngine } from '../access/swarm-access.js';
import { bringUp, warnInto } from '../steps/bring-up.js';
import { CreateSession } from '../steps/create-run.js';

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
 * Joins hosts that have a Docker Engine, but are not in a swarm, to an existing swarm: they are inspected, configured
 * for swarm mode and checked as `create` does. Hosts that are already nodes of the swarm stay as they are. A host that
 * was removed or lost in a recovery while it was off first leaves its old swarm. Errors: SWARM_UNKNOWN, HOST_UNKNOWN,
 * HOST_IN_SWARM (exit 2), HOST_NOT_READY; those of the guardian; LOCKED.
 */
export function joinHosts(context: OperationContext, request: EnterRequest): Promise<EnterResult> {
  return entering(context, request, async () => {
    const { swarm, role } = request;
    const records = await freeHosts(context, request);
    const names = records.filter(({ nodeId }) => nodeId === null).map(({ name }) => name);
    const entering = await planEntering(context, request, records, undefined);
    return { ...entering, guard: [{ swarm, change: { type: 'join', role, names } }] };
  });
}

/**
 * Creates a swarm on a host that has a Docker Engine and is not in a swarm; more hosts join it with `joinHosts` or
 * `create`. Errors: SWARM_EXISTS, HOST_UNKNOWN, HOST_IN_SWARM (exit 2), FOREIGN_SWARM (exit 3), HOST_NOT_READY; LOCKED.
 */
export function initSwarmOn(context: OperationContext, request: EnterRequest): Promise<EnterResult> {
  return entering(context, request, async () => {
    const { swarm } = request;
    if ((await context.store.readSwarm(swarm)) !== undefined)
      throw usageError(
        'SWARM_EXISTS',
        `a swarm named ${swarm} exists already`,
        swarmup`swarm join --swarm ${swarm} ${request.names}`,
        'or give another name with --swarm',
      );
    const records = await freeHosts(context, request);
    // An init that was killed is finished.
    for (const record of records.filter((known) => known.swarm === null)) await checkInNone(context, record, swarm);
    return planEntering(context, request, records, 0);
  });
}

function entering(
  context: OperationContext,
  request: EnterRequest,
  plan: () => Promise<Plan<EnterResult>>,
): Promise<EnterResult> {
  const { swarm, names, dryRun, addressPool } = request;
  checkHostName(swarm, 'swarm');
  if (addressPool !== undefined) networkOf(addressPool);
  const locks = [{ name: '', swarm }, ...names.map((name) => ({ name, swarm: null }))];
  return carryOut(context, { locks, lockTimeoutMs: 10 * 60_000, plan }, { dryRun });
}

async function freeHosts(context: OperationContext, { swarm, names }: EnterRequest): Promise<readonly MachineRecord[]> {
  const records = await Promise.all([...new Set(names)].map((name) => context.store.require(name)));
  for (const { name, phase, swarm: other } of records) {
    if (other !== null && other !== swarm)
      throw usageError(
        'HOST_IN_SWARM',
        `${name} belongs to swarm ${other}`,
        `${swarmup`swarm leave --swarm ${other} ${name}`} first`,
      );
    const place = nameWithin({ host: ownName(name), swarm }, context.store.scope);
    if (other === null && place !== name && (await context.store.read(place)) !== undefined)
      throw usageError(
        'HOST_EXISTS',
        `a host named ${place} exists already in swarm ${swarm}`,
        'use a host with another name',
      );
    if (phase !== 'ready')
      throw new SwarmupError('HOST_NOT_READY', `the creation of ${name} was not finished`, {
        host: name,
        hints: [`${createCommand(other, [name])} resumes it`],
      });
  }
  return records;
}

/** A host that is already in a swarm belongs to that swarm. */
async function checkInNone(context: OperationContext, record: MachineRecord, swarm: string): Promise<void> {
  const { Swarm: own } = await engineInfo(hostEngine(context, record), context.signal);
  if (beliefOf(own) !== 'outside')
    throw foreignSwarm(record.name, swarm, `the node ID of the host is ${own.NodeID || '?'}`);
}

async function planEntering(
  context: OperationContext,
  { swarm, role, dryRun, ...wish }: EnterRequest,
  records: readonly MachineRecord[],
  /** Which of them makes the swarm; undefined: it is there. */
  first: number | undefined,
): Promise<Plan<EnterResult>> {
  const { store } = context;
  const isFree = ({ nodeId }: MachineRecord): boolean => nodeId === null;
  // It is called what it will be called once it belongs to the swarm, but in a dry run what it is called now.
  const nameOf = ({ name }: MachineRecord): string =>
    dryRun ? name : nameWithin({ host: ownName(name), swarm }, store.scope);
  const hosts = await Promise.all(
    records.map(async (record) => {
      const wanted = isFree(record) ? { ...record, name: nameOf(record), swarm, role } : record;
      return new CreateSession(context, wanted, await context.drivers.get(record.driver), { isNew: false });
    }),
  );
  const { advertiseAddr, addressPool } = wish;
  const agent = wish.agent ?? (await context.store.readSwarm(swarm))?.agent ?? true;
  const warnings: string[] = [];
  const run = {
    context,
    hosts,
    swarm: { name: swarm, advertiseAddr, addressPool, agent: wish.agent },
    warn: warnInto(context, warnings),
  };
  const making = bringUp(run, { initOn: first === undefined ? undefined : hosts[first]?.name, agent });
  return {
    ...making,
    // Before anything is made, so that an interrupted run can continue.
    begin: async () => {
      for (const { name } of records.filter(isFree)) {
        const moved = await store.move(name, swarm);
        await store.update(moved, (record) => ({ ...record, swarm, role }));
      }
    },
    result: async (outcome) => {
      const base = { swarm, dryRun, warnings };
      if (dryRun) {
        const planned = records.map((record) => {
          const status = isFree(record) ? ('would-join' as const) : ('unchanged' as const);
          return { name: record.name, status };
        });
        return { ...base, hosts: planned, nodes: [] };
      }
      const made = await making.result(outcome);
      const before = new Set(records.filter((record) => !isFree(record)).map(({ name }) => name));
      return { ...base, hosts: made.hosts.map((host) => outcomeOf(host, before)), nodes: made.nodes };
    },
  };
}

/** `before`: those that were nodes already. */
function outcomeOf({ name, status, error }: HostOutcome, before: ReadonlySet<string>): HostOutcome {
  const joined = status === 'resumed' && !before.has(name) ? 'joined' : status;
  return { name, status: joined, ...(error !== undefined && { error }) };
}
