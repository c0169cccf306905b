import { randomUUID } from 'node:crypto';
import type { OptionValues } from '../../drivers/driver.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { placeOfHost } from '../../machine/names.js';
import { managerCountWarning } from '../../swarm/quorum.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import { defaultEngine, type SwarmWish } from '../access/create-request.js';
import { findOrphans } from '../access/orphans.js';
import { swarmMachines } from '../access/swarm-access.js';
import { CreateSession } from '../steps/create-run.js';
import { checkExisting } from './check-existing.js';
import type { ChosenDriver, ChosenGroup } from './choose-driver.js';

export interface CreatePreparation {
  readonly hosts: readonly CreateSession[];
  /** The manager that makes the swarm; undefined when it exists, or for plain hosts. */
  readonly initOn: string | undefined;
  /** The managers get the agent. */
  readonly agent: boolean;
  readonly warnings: readonly string[];
}

/**
 * Decides roles and makes the records of new hosts in memory; nothing is written. Existing hosts keep their settings.
 * Errors: HOST_EXISTS, HOST_REMOVING, SWARM_HALF_MADE, NO_MANAGER_WANTED, NO_MANAGER (exit 6); DRIVER_UNKNOWN.
 */
export async function prepareCreate(
  context: OperationContext,
  swarm: SwarmWish | null,
  groups: readonly ChosenGroup[],
): Promise<CreatePreparation> {
  const members = swarm === null ? [] : await swarmMachines(context, swarm.name);
  const hasManager = members.some((record) => record.role === 'manager');
  const hosts: CreateSession[] = [];
  for (const group of groups) {
    const managers = swarm === null ? null : (group.group.managers ?? (hasManager ? 0 : 1));
    hosts.push(...(await findHosts(context, swarm?.name ?? null, group, managers)));
  }
  if (swarm === null) return { hosts, initOn: undefined, agent: false, warnings: [] };
  const known =
    members.length === 0 && (await isOver(context, swarm.name)) ? undefined : await context.store.readSwarm(swarm.name);
  const about = { swarm: swarm.name, exists: known !== undefined, hasManager };
  const initOn = await initManager(context, about, members, hosts);
  const agent = swarm.agent ?? known?.agent ?? true;
  return { hosts, initOn, agent, warnings: countWarnings(members, hosts) };
}

/**
 * Whether the record of a swarm is all that an interrupted `rm` of its last hosts left: no host of it is on record,
 * readable or not, and none exists without a record.
 */
async function isOver(context: OperationContext, swarm: string): Promise<boolean> {
  const { store } = context;
  if ((await store.readSwarm(swarm)) === undefined) return false;
  if ((await store.names()).some((name) => placeOfHost(name, store.scope)?.swarm === swarm)) return false;
  const { orphans } = await findOrphans(context);
  return !orphans.some((orphan) => orphan.swarm === swarm && orphan.machineId !== null);
}

/** The manager that makes the swarm; undefined when there is one to join. */
async function initManager(
  context: OperationContext,
  { swarm, exists, hasManager }: { readonly swarm: string; readonly exists: boolean; readonly hasManager: boolean },
  members: readonly MachineRecord[],
  hosts: readonly CreateSession[],
): Promise<string | undefined> {
  if (exists && !hasManager) throw await managerless(context, swarm);
  if (exists) return undefined;
  const first = hosts.find(({ role }) => role === 'manager');
  if (first !== undefined) return first.name;
  const names = hosts.map(({ name }) => name);
  throw halfMade(
    swarm,
    members.filter((record) => !names.includes(record.name)),
    names,
  );
}

/** What the number of managers buys, when this run adds one. */
function countWarnings(members: readonly MachineRecord[], hosts: readonly CreateSession[]): readonly string[] {
  const managers = hosts.filter(({ role }) => role === 'manager');
  if (!managers.some(({ isNew }) => isNew)) return [];
  const isOther = ({ role, name }: MachineRecord): boolean =>
    role === 'manager' && !hosts.some((host) => host.name === name);
  const warning = managerCountWarning(managers.length + members.filter(isOther).length);
  return warning === undefined ? [] : [warning];
}

/** `managers`: how many of the group; null: they are plain Docker hosts. */
async function findHosts(
  context: OperationContext,
  swarm: string | null,
  chosenGroup: ChosenGroup,
  managers: number | null,
): Promise<readonly CreateSession[]> {
  const { group, chosen } = chosenGroup;
  return Promise.all(
    group.names.map(async (name, i) => {
      const existing = await context.store.read(name);
      if (existing !== undefined) {
        await checkExisting(context, existing, swarm, chosenGroup);
        const options = { ...chosenSecrets(existing, chosen), ...existing.options } as OptionValues;
        const driver = await context.drivers.get(existing.driver);
        return new CreateSession(context, existing, driver, { options, isNew: false });
      }
      const role = managers === null ? null : i < managers ? 'manager' : 'worker';
      const record = newRecord(context, { name, role, swarm }, chosenGroup);
      const options = chosen.addressed[name] ?? chosen.options;
      return new CreateSession(context, record, chosen.driver, { options, isNew: true });
    }),
  );
}

function halfMade(swarm: string, others: readonly MachineRecord[], names: readonly string[]): SwarmupError {
  if (others.length === 0)
    return usageError(
      'NO_MANAGER_WANTED',
      `swarm ${swarm} does not exist yet and none of ${names.join(', ')} would be its manager`,
      'leave out --managers, or use at least --managers 1',
    );
  const half = others.map((record) => record.name);
  return new SwarmupError(
    'SWARM_HALF_MADE',
    `the creation of swarm ${swarm} was not finished: the swarm has no manager yet`,
    {
      hints: [`${createCommand(swarm, half)} resumes it`, `${swarmup`rm --yes ${half}`} removes it`],
    },
  );
}

/** The swarm exists, but no readable record belongs to a manager, so no manager could accept a new node. */
async function managerless(context: OperationContext, swarm: string): Promise<SwarmupError> {
  const { broken } = await context.store.list();
  return new SwarmupError('NO_MANAGER', `no host on record is a manager of swarm ${swarm}, so no host can join it`, {
    exitCode: exitCodes.unhealthy,
    hints: [
      ...broken.flatMap(({ name, reason }) => [
        reason,
        `${swarmup`adopt ${name}`} takes ${name} over with a new record, ${swarmup`rm --force ${name}`} removes it`,
      ]),
      `${swarmup`orphans`} shows hosts whose record is lost`,
      `${swarmup`ls`} shows the hosts`,
      'use another name with --swarm to make a new swarm',
    ],
  });
}

function withoutSecrets({ options, addressed, secretOptions }: ChosenDriver, host: string): OptionValues {
  return Object.fromEntries(
    Object.entries(addressed[host] ?? options).filter(([name]) => !secretOptions.includes(name)),
  );
}

/** A host that was half made with the same driver gets the secrets of this call. */
function chosenSecrets(record: MachineRecord, { driver, options, secretOptions }: ChosenDriver): OptionValues {
  if (record.driver !== driver.name) return {};
  return Object.fromEntries(Object.entries(options).filter(([name]) => secretOptions.includes(name)));
}

function newRecord(
  context: OperationContext,
  { name, role, swarm }: { readonly name: string; readonly role: Role | null; readonly swarm: string | null },
  { group, chosen }: ChosenGroup,
): MachineRecord {
  return {
    schemaVersion: 1,
    id: randomUUID(),
    name,
    driver: chosen.driver.name,
    swarm,
    role,
    phase: 'creating',
    options: withoutSecrets(chosen, name),
    engineSettings: group.engine ?? defaultEngine,
    driverState: null,
    endpoint: null,
    engine: null,
    advertiseAddr: null,
    nodeId: null,
    ...(group.lab !== undefined && { lab: group.lab }),
    createdAt: context.now().toISOString(),
  };
}

/** Writes the records of the new hosts before anything else is made: from here on `create` resumes and `rm` works. */
export async function saveNewRecords(context: OperationContext, hosts: readonly CreateSession[]): Promise<void> {
  for (const { isNew, record } of hosts) if (isNew) await context.store.add(record);
}
