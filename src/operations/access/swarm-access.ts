import { setTimeout as sleepFor } from 'node:timers/promises';
import type { HostState } from '../../drivers/driver.js';
import { waitFor } from '../../lib/abort.js';
import { openEngine, type EngineClient } from '../../lib/engine-client.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { nearest } from '../../lib/nearest.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { beliefOf, isLocked, managedCluster, ownState } from '../../swarm/membership.js';
import { engineInfo, type SwarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import type { ConnectOptions, OperationContext } from './context.js';
import { powerOf } from './host-power.js';
import type { NodeRow } from './results.js';

const engineSocket = '/var/run/docker.sock';

/** The engine of a host, over the kept SSH connection. */
export function hostEngine(
  context: OperationContext,
  record: MachineRecord,
  options: ConnectOptions = {},
): EngineClient {
  return openEngine({
    what: `the engine of ${record.name}`,
    host: record.name,
    dial: async (signal) => {
      const runner = await context.connect(record, { ...options, signal });
      return runner.openSocket(engineSocket, { signal });
    },
  });
}

/** A manager that answers and can take changes. */
export interface SwarmAccess {
  readonly manager: MachineRecord;
  readonly engine: EngineClient;
  readonly clusterId: string;
}

/** The machine records of a swarm, managers first. */
export async function swarmMachines(context: OperationContext, swarm: string): Promise<readonly MachineRecord[]> {
  const { machines } = await context.store.list();
  return machines
    .filter((record) => record.swarm === swarm)
    .sort((a, b) => Number(b.role === 'manager') - Number(a.role === 'manager'));
}

/**
 * Opens the first manager of the swarm that answers as part of a swarm with a leader; all managers are asked at the
 * same time. Errors: NO_MANAGER (exit 6) with the answers of all managers; MANAGER_LOCKED (exit 6) if all are locked;
 * FOREIGN_SWARM (exit 3) if they are in another swarm; SWARM_UNKNOWN (exit 2) if no host belongs to the swarm;
 * RECORD_BROKEN.
 */
export async function openSwarm(
  context: OperationContext,
  swarm: string,
  options: { readonly signal?: AbortSignal; readonly except?: readonly string[]; readonly waitMs?: number } = {},
): Promise<SwarmAccess> {
  const machines = await swarmMachines(context, swarm);
  if (machines.length === 0) throw await unknownSwarm(context, swarm);
  const managers = machines.filter(
    (record) =>
      record.role === 'manager' &&
      record.endpoint !== null &&
      // The swarm was recovered without it: it may lead a swarm of the same ID with others that came back.
      record.formerNodeId === undefined &&
      !(options.except ?? []).includes(record.name),
  );
  const signal = options.signal ?? context.signal;
  // Outside of what follows: a record that cannot be read says nothing about the managers.
  const known = (await context.store.readSwarm(swarm))?.clusterId;
  try {
    return await Promise.any(
      managers.map(async (manager) => {
        const access = await askUnlessOff(context, manager, signal, options.waitMs ?? 0);
        if (known === undefined || known === access.clusterId) return access;
        throw foreignSwarm(manager.name, swarm, 'its cluster ID differs from that of the swarm that swarmup made');
      }),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw noManager(swarm, machines, managers, error);
  }
}

const patienceMs = 500;

/**
 * `askManager`, which ends when the driver of a manager that does not answer soon says that the host is off. TCP would
 * take 3 to 20 s to find out. Errors: those of `askManager`; HOST_NOT_RUNNING, HOST_ABSENT.
 */
async function askUnlessOff(
  context: OperationContext,
  manager: MachineRecord,
  signal: AbortSignal,
  waitMs: number,
): Promise<SwarmAccess> {
  const over = new AbortController();
  const off = new AbortController();
  const asked = AbortSignal.any([signal, off.signal]);
  const look = async (looking: AbortSignal): Promise<void> => {
    await sleepFor(patienceMs, undefined, { signal: looking });
    const error = await offError(context, manager, looking);
    if (error !== undefined) off.abort(error);
  };
  // Who waits may wait for the host to be started.
  const looked = waitMs > 0 ? undefined : look(AbortSignal.any([signal, over.signal])).catch(() => undefined);
  try {
    return await askManager(context, manager, asked, waitMs);
  } catch (error) {
    signal.throwIfAborted();
    if (waitMs > 0 || off.signal.aborted || !(codeOf(error) ?? '').startsWith('SSH_')) throw error;
    throw (await offError(context, manager, signal)) ?? error;
  } finally {
    over.abort();
    await looked;
  }
}

/** HOST_NOT_RUNNING or HOST_ABSENT; undefined: the host is on, or its driver cannot report. */
export async function offError(
  context: OperationContext,
  record: MachineRecord,
  signal: AbortSignal,
): Promise<SwarmupError | undefined> {
  const { name } = record;
  const state: HostState | null = await powerOf(context, record, signal);
  if (state === 'absent') return new SwarmupError('HOST_ABSENT', `${name} is gone`, { host: name });
  if (state !== 'stopped' && state !== 'paused') return undefined;
  return new SwarmupError('HOST_NOT_RUNNING', `${name} is ${state}`, { host: name });
}

/**
 * The same, when managers may be restarting: waits for an election (15 to 24 s were measured). Errors: those of
 * `openSwarm`, and TIMEOUT (60 s) with the last of them.
 */
export function awaitSwarm(
  context: OperationContext,
  swarm: string,
  except: readonly string[] = [],
): Promise<SwarmAccess> {
  const what = `a manager of swarm ${swarm} to answer`;
  return waitFor(
    {
      timeoutMs: 60_000,
      what,
      signal: context.signal,
      intervalMs: 500,
      fatal: (error) => exitCodeOf(error) !== exitCodes.unhealthy,
    },
    (signal) => openSwarm(context, swarm, { signal, except }),
  );
}

const exitCodeOf = (error: unknown): number | undefined => (error instanceof SwarmupError ? error.exitCode : undefined);

/**
 * Asks a manager whether it can manage its swarm. Errors: MANAGER_LOCKED, NOT_A_MANAGER, IN_NO_SWARM; those of the
 * connection and of the engine.
 */
export async function askManager(
  context: OperationContext,
  manager: MachineRecord,
  signal: AbortSignal,
  waitMs: number,
): Promise<SwarmAccess> {
  const engine = hostEngine(context, manager, { waitMs });
  const { Swarm: state } = await engineInfo(engine, signal);
  const clusterId = managedCluster(state);
  if (isLocked(state))
    throw new SwarmupError('MANAGER_LOCKED', `${manager.name} is locked: it needs the unlock key`, {
      host: manager.name,
    });
  // Without a leader the engine still calls itself an active manager, but of a cluster whose ID is empty.
  if (beliefOf(state) === 'outside')
    throw new SwarmupError(inNoSwarm, `${manager.name} is no longer in a swarm`, { host: manager.name });
  if (clusterId === undefined) {
    const why = state.Error || `its node is ${ownState(state)} and is not a manager`;
    throw new SwarmupError('NOT_A_MANAGER', `${manager.name} cannot manage the swarm: ${why}`, { host: manager.name });
  }
  return { manager, engine, clusterId };
}

const inNoSwarm = 'IN_NO_SWARM';

function noManager(
  swarm: string,
  machines: readonly MachineRecord[],
  managers: readonly MachineRecord[],
  error: unknown,
): SwarmupError {
  const causes = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const foreign = causes.find((cause) => codeOf(cause) === 'FOREIGN_SWARM');
  if (foreign instanceof SwarmupError) return foreign;
  const [first] = managers;
  const why =
    first === undefined ? 'swarmup has never reached a manager of the swarm' : causes.map(messageOf).join('; ');
  const all = (code: string): boolean => first !== undefined && causes.every((cause) => codeOf(cause) === code);
  const code = all('MANAGER_LOCKED') ? 'MANAGER_LOCKED' : 'NO_MANAGER';
  return new SwarmupError(code, `no manager of swarm ${swarm} answers (${why})`, {
    exitCode: exitCodes.unhealthy,
    // Made again after they were lost, or taken out by hand: nothing is left that a start could bring back.
    hints: all(inNoSwarm)
      ? lostHints(swarm, machines)
      : all('HOST_ABSENT')
        ? absentHints(managers)
        : downHints(swarm, causes),
    cause: error,
  });
}

/** The answers of the managers to an `openSwarm` that failed with NO_MANAGER or MANAGER_LOCKED. */
export function managersSay({
  cause,
}: SwarmupError): readonly { readonly host: string; readonly code: string; readonly message: string }[] {
  const causes = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  return causes.flatMap((said) =>
    said instanceof SwarmupError && said.host !== undefined
      ? [{ host: said.host, code: said.code, message: said.message }]
      : [],
  );
}

function lostHints(swarm: string, machines: readonly MachineRecord[]): readonly string[] {
  const all = machines.map(({ name }) => name);
  return [`nothing is left of swarm ${swarm}: ${swarmup`rm --force --yes ${all}`} forgets it, then make it again`];
}

/** The state of the swarm was on the hosts. */
const absentHints = (managers: readonly MachineRecord[]): readonly string[] => [
  `${swarmup`swarm restore FILE`} brings the swarm back from a backup, and makes its hosts again`,
  `without a backup: ${swarmup`rm --force --yes ${managers.map(({ name }) => name)}`} forgets the managers`,
];

function downHints(swarm: string, causes: readonly unknown[]): readonly string[] {
  const codes = causes.map(codeOf);
  const named = causes.flatMap((cause) => (cause instanceof SwarmupError ? [cause] : []));
  const startable = named.filter(({ code }) => code !== 'NOT_A_MANAGER' && code !== 'HOST_ABSENT');
  const off = startable.filter(({ code }) => code === 'HOST_NOT_RUNNING');
  const names = (off.length > 0 ? off : startable.slice(0, 1)).flatMap(({ host }) => host ?? []);
  return [
    ...(codes.includes('MANAGER_LOCKED') ? [swarmup`swarm unlock ${inSwarm(swarm)}`] : []),
    `${swarmup`ls`} shows the state of the hosts`,
    ...(names.length === 0 || codes.includes('NOT_A_MANAGER') ? [] : [swarmup`start ${names}`]),
    ...(codes.includes('NOT_A_MANAGER')
      ? [`${swarmup`swarm recover ${inSwarm(swarm)}`} when managers are lost for good`]
      : []),
  ];
}

/** A host that belongs to a foreign swarm is not changed. */
export function foreignSwarm(host: string, swarm: string, detail: string): SwarmupError {
  return new SwarmupError('FOREIGN_SWARM', `${host} belongs to a swarm other than ${swarm} (${detail})`, {
    host,
    exitCode: exitCodes.preflight,
    hints: [
      `${swarmup`ssh ${host} -- docker info`} shows it`,
      `if that swarm may lose it: ${swarmup`ssh ${host} -- docker swarm leave --force`}, then run this again`,
    ],
  });
}

/** SWARM_UNKNOWN (exit 2), with the swarms that exist. */
export async function unknownSwarm(
  { store }: { readonly store: Pick<OperationContext['store'], 'swarms'> },
  swarm: string,
): Promise<SwarmupError> {
  const swarms = (await store.swarms()).filter((other) => other !== swarm);
  const [meant] = nearest(swarm, swarms);
  return new SwarmupError('SWARM_UNKNOWN', `there is no swarm named ${swarm}`, {
    exitCode: exitCodes.usage,
    hints: [
      ...(meant === undefined ? [] : [`did you mean ${meant}?`]),
      ...(swarms.length === 0 ? [] : [`the swarms on record: ${swarms.join(', ')}`]),
      `${swarmup`create ${inSwarm(swarm)} manager agent1 agent2`} makes one`,
    ],
  });
}

/** A node as we show it: named for its host when it is one of ours, else by its hostname. */
export function nodeRow(node: SwarmNode, machines: readonly MachineRecord[]): NodeRow {
  return {
    id: node.ID,
    name: machines.find((record) => record.nodeId === node.ID)?.name ?? node.Description.Hostname ?? node.ID,
    role: node.Spec.Role,
    leader: node.ManagerStatus?.Leader === true,
    former: false,
    state: node.Status.State,
    availability: node.Spec.Availability,
    reachability: node.ManagerStatus?.Reachability ?? null,
    address: node.Status.Addr === '0.0.0.0' ? (node.ManagerStatus?.Addr.replace(/:\d+$/, '') ?? '') : node.Status.Addr,
    engineVersion: node.Description.Engine?.EngineVersion ?? '',
  };
}

/** Names the host of a node ID, of all nodes there are now; an ID that is not known stays one. */
export async function hostNamer(
  context: OperationContext,
  engine: EngineClient,
  swarm: string,
): Promise<(nodeId: string) => string> {
  const [machines, nodes] = await Promise.all([swarmMachines(context, swarm), swarmNodes(engine, context.signal)]);
  const names = new Map(nodes.map((node) => [node.ID, nodeRow(node, machines).name]));
  return (nodeId) => names.get(nodeId) ?? nodeId;
}
