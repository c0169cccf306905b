import { randomUUID } from 'node:crypto';
import type { OptionValues } from '../../drivers/driver.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import { managerCountWarning } from '../../swarm/quorum.js';
import { checkExisting } from './check-existing.js';
import type { ChosenDriver } from './choose-driver.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import type { CreateRequest } from '../access/results.js';
import { swarmMachines } from '../access/swarm-access.js';
import type { CreateTarget, CreatePreparation } from '../steps/create-job.js';

/** Hosts of a request that are made alike. */
export interface ChosenGroup {
  readonly request: CreateRequest;
  readonly chosen: ChosenDriver;
}

/**
 * Decides roles and makes the records of new hosts in memory; nothing is written. Hosts that exist keep what they are.
 * Errors: HOST_EXISTS, HOST_REMOVING, SWARM_HALF_MADE, NO_MANAGER_WANTED, NO_MANAGER (exit 6).
 */
export async function prepareCreate(
  context: OperationContext,
  request: CreateRequest,
  groups: readonly ChosenGroup[],
): Promise<CreatePreparation> {
  const { swarm } = request;
  const members = swarm === null ? [] : await swarmMachines(context, swarm);
  const hasManager = members.some((record) => record.role === 'manager');
  const targets: CreateTarget[] = [];
  for (const group of groups)
    targets.push(...(await findTargets(context, group, group.request.managers ?? (hasManager ? 0 : 1))));
  if (swarm === null) return { targets, initOn: undefined, agent: false, warnings: [] };
  const known = await context.store.readSwarm(swarm);
  const initOn = await initManager(context, { swarm, exists: known !== undefined, hasManager }, members, targets);
  const agent = request.agent ?? known?.agent ?? true;
  return { targets, initOn, agent, warnings: countWarnings(request, members, targets) };
}

/** The manager that makes the swarm; undefined when there is one to join. */
async function initManager(
  context: OperationContext,
  { swarm, exists, hasManager }: { readonly swarm: string; readonly exists: boolean; readonly hasManager: boolean },
  members: readonly MachineRecord[],
  targets: readonly CreateTarget[],
): Promise<string | undefined> {
  if (exists && !hasManager) throw await managerless(context, swarm);
  if (exists) return undefined;
  const first = targets.find(({ record }) => record.role === 'manager');
  if (first !== undefined) return first.record.name;
  const names = targets.map(({ record }) => record.name);
  throw halfMade(
    swarm,
    members.filter((record) => !names.includes(record.name)),
    names,
  );
}

/** What the number of managers buys, when this run adds one. */
function countWarnings(
  request: CreateRequest,
  members: readonly MachineRecord[],
  targets: readonly CreateTarget[],
): readonly string[] {
  const managers = targets.filter(({ record }) => record.role === 'manager');
  if (!managers.some(({ isNew }) => isNew)) return [];
  const others = members.filter((record) => record.role === 'manager' && !request.names.includes(record.name));
  const warning = managerCountWarning(managers.length + others.length);
  return warning === undefined ? [] : [warning];
}

async function findTargets(
  context: OperationContext,
  { request, chosen }: ChosenGroup,
  managers: number,
): Promise<readonly CreateTarget[]> {
  return Promise.all(
    request.names.map(async (name, i) => {
      const existing = await context.store.read(name);
      if (existing !== undefined) {
        await checkExisting(context, existing, request, chosen);
        return {
          record: existing,
          isNew: false,
          options: { ...chosenSecrets(existing, chosen), ...existing.options } as OptionValues,
        };
      }
      const role = request.swarm === null ? null : i < managers ? 'manager' : 'worker';
      return {
        record: newRecord(context, name, role, request, chosen),
        isNew: true,
        options: chosen.addressed[name] ?? chosen.options,
      };
    }),
  );
}

function halfMade(swarm: string, others: readonly MachineRecord[], names: readonly string[]): SwarmupError {
  if (others.length === 0)
    return usageError(
      'NO_MANAGER_WANTED',
      `swarm ${swarm} does not exist yet and none of ${names.join(', ')} would be its manager`,
      'leave --managers out, or give at least --managers 1',
    );
  const half = others.map((record) => record.name);
  return new SwarmupError('SWARM_HALF_MADE', `swarm ${swarm} was begun but never made: it has no manager yet`, {
    hints: [`${createCommand(swarm, half)} resumes it`, `swarmup rm --yes ${half.join(' ')} removes it`],
  });
}

/** The swarm was made, but none of the records that can be read is its manager's: nobody could take a new node in. */
async function managerless(context: OperationContext, swarm: string): Promise<SwarmupError> {
  const { broken } = await context.store.list();
  return new SwarmupError('NO_MANAGER', `no host on record is a manager of swarm ${swarm}: nothing can join it`, {
    exitCode: exitCodes.unhealthy,
    hints: [...broken.map(({ reason }) => reason), 'swarmup ls shows the hosts', 'another --swarm makes a new one'],
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
  name: string,
  role: Role | null,
  request: CreateRequest,
  chosen: ChosenDriver,
): MachineRecord {
  return {
    schemaVersion: 1,
    id: randomUUID(),
    name,
    driver: chosen.driver.name,
    swarm: request.swarm,
    role,
    phase: 'creating',
    options: withoutSecrets(chosen, name),
    engineSettings: {
      tls: request.tls,
      tlsSans: request.tlsSans,
      ...(request.engineVersion !== undefined && { version: request.engineVersion }),
      ...request.engine,
    },
    driverState: null,
    endpoint: null,
    engine: null,
    advertiseAddr: null,
    nodeId: null,
    ...(request.lab !== undefined && { lab: request.lab }),
    createdAt: context.now().toISOString(),
  };
}

/** Writes the records of the new hosts before anything else is made: from here on `create` resumes and `rm` works. */
export async function saveNewRecords(context: OperationContext, targets: readonly CreateTarget[]): Promise<void> {
  for (const target of targets) if (target.isNew) await context.store.add(target.record);
}
