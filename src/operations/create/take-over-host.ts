import type { Driver, HostDescription, OptionValues } from '../../drivers/driver.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Endpoint, MachineRecord } from '../../machine/machine-record.js';
import { noSwarm } from '../../machine/names.js';
import { isRecordId, type Salvage } from '../../machine/salvage-record.js';
import type { StepContext } from '../../plan/step.js';
import { beliefOf, isLocked, isManaging } from '../../swarm/membership.js';
import { engineInfo, type EngineInfo } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import { defaultEngine } from '../access/create-request.js';
import { hostIdentity, keyFiles, keptHostKey } from '../access/host-keys.js';
import { HostSession } from '../access/host-session.js';
import { inventoryContext, type Orphan, placeOfOrphan } from '../access/orphans.js';
import { hostEngine } from '../access/swarm-access.js';

const bootWaitMs = 4 * 60_000;

/**
 * Whether a host can be put on record again; changes nothing. Errors: LABELS_INVALID, ADOPT_INCOMPLETE,
 * ADOPT_UNSUPPORTED, ADOPT_KEYS_LOST, ORPHAN_RECORDED (exit 3).
 */
export async function checkTakeOver(context: OperationContext, orphan: Orphan): Promise<void> {
  const { name, driver, things, fault, unreadable, mine } = orphan;
  const about = (...hints: readonly string[]) => ({ exitCode: exitCodes.preflight, host: name, hints });
  const deletion = swarmup`orphans --delete ${mine ? undefined : '--any-owner'} ${name}`;
  const removed = `${deletion} removes it`;
  if (fault !== null)
    throw new SwarmupError('LABELS_INVALID', `${name} cannot be taken over: ${fault}`, about(removed));
  if (things[0]?.isHost !== true) {
    const left = things.map(({ kind, name: thing }) => `${kind} ${thing}`).join(', ');
    throw new SwarmupError(
      'ADOPT_INCOMPLETE',
      `the host ${name} is gone; only this is left of it: ${left}`,
      about(removed),
    );
  }
  const { host } = placeOfOrphan(orphan);
  const recorded = await recordAt(context, host);
  if (recorded !== undefined && (unreadable === null || (recorded !== null && recorded !== orphan.machineId)))
    throw new SwarmupError(
      'ORPHAN_RECORDED',
      `the name ${name} belongs to another host on record, so this one cannot be taken over`,
      about(removed, `or remove the other one first: ${swarmup`rm ${host}`}`),
    );
  const { inventory } = await context.drivers.get(driver);
  const again = `remove the host and make it again: ${deletion}, then ${createCommand(orphan.swarm === noSwarm ? null : orphan.swarm, [host])}`;
  if (inventory?.rebuild === undefined)
    throw new SwarmupError(
      'ADOPT_UNSUPPORTED',
      `the labels of the driver ${driver} do not hold enough to take ${name} over`,
      about(again),
    );
  if (inventory.putKeys === undefined && (await keptKeys(context, host)) === undefined)
    throw new SwarmupError(
      'ADOPT_KEYS_LOST',
      `the keys of ${name} are lost with its record, and the driver ${driver} cannot give a host new ones`,
      about(again),
    );
}

/** The ID of the record of a name; null: it cannot be read. undefined: there is none. Errors: RECORD_NEWER. */
async function recordAt({ store }: OperationContext, name: string): Promise<string | null | undefined> {
  const salvage = await store.salvage(name);
  if (salvage === undefined) return undefined;
  try {
    return (await store.read(name))?.id;
  } catch (error) {
    if (codeOf(error) !== 'RECORD_BROKEN') throw error;
    return salvage.id;
  }
}

/** The key that logs in and the host key, where both are still in the folder of the host. */
async function keptKeys({ store }: OperationContext, host: string): Promise<string | undefined> {
  const [own, hostKey] = [await store.readSecret(host, keyFiles.user), await keptHostKey(store, host)];
  return own === undefined ? undefined : hostKey;
}

/**
 * Writes the record of a host anew and lets swarmup in to it: with the keys that are kept, else with new ones. What the
 * host is in its swarm, it is asked itself. After that, `create` resumes. Errors: those of the driver and of the
 * connection; the record stays.
 */
export async function takeOverHost(context: OperationContext, orphan: Orphan, step: StepContext): Promise<void> {
  const { store } = context;
  const driver = await context.drivers.get(orphan.driver);
  const { inventory } = driver;
  if (inventory?.rebuild === undefined) throw new Error(`the driver ${driver.name} rebuilds no hosts`);
  const { host, swarm } = placeOfOrphan(orphan);
  step.detail('read its labels');
  const own = await inventoryContext(context, driver, { signal: step.signal, log: step.detail });
  const rebuilt = await inventory.rebuild(own, orphan.machineId ?? '', orphan.things);
  const options = await context.drivers.options(driver.name, rebuilt.options, context.env);
  const salvage = await store.salvage(host);
  const kept = await keptKeys(context, host);
  if (salvage !== undefined) await store.setAside(host);
  if (orphan.mine && orphan.swarmId !== null && isRecordId(orphan.swarmId)) await store.keepSwarmId(orphan.swarmId);
  const record = newRecord(context, orphan, { driver, options, salvage });
  await store.add({ ...record, driverState: rebuilt.state });
  const session = await HostSession.open(context, host);
  const identity = await hostIdentity(context, session.record);
  if (kept === undefined) {
    step.detail('give it new keys');
    await inventory.putKeys?.(own, rebuilt.state, identity);
  }
  const description = await awake(session, step);
  await pin(session, description, kept ?? identity.hostKey.publicKey.trim());
  await becomeWhatItIs(session, { swarm, salvage }, step);
}

function newRecord(
  context: OperationContext,
  orphan: Orphan,
  {
    driver,
    options,
    salvage,
  }: { readonly driver: Driver; readonly options: OptionValues; readonly salvage: Salvage | undefined },
): MachineRecord {
  const { host, swarm } = placeOfOrphan(orphan);
  const secret = Object.entries(driver.options).flatMap(([name, option]) => (option.secret === true ? [name] : []));
  return {
    schemaVersion: 1,
    id: orphan.machineId ?? '',
    name: host,
    driver: driver.name,
    swarm: swarm === noSwarm ? null : swarm,
    role: swarm === noSwarm ? null : (salvage?.role ?? 'worker'),
    phase: 'creating',
    options: Object.fromEntries(Object.entries(options).filter(([name]) => !secret.includes(name))),
    engineSettings: defaultEngine,
    driverState: null,
    endpoint: null,
    engine: null,
    advertiseAddr: null,
    nodeId: null,
    createdAt: orphan.madeAt ?? context.now().toISOString(),
  };
}

/** A host that is off cannot be asked what it is. */
async function awake(session: HostSession, step: StepContext): Promise<HostDescription> {
  const { driver, record } = session;
  const [status] = await driver.inspect(session.driverContext(step), [record.driverState]);
  if (status?.description !== undefined) return status.description;
  step.detail('start it');
  return driver.start(session.driverContext(step), record.driverState);
}

async function pin(session: HostSession, { ssh, privateAddresses }: HostDescription, hostKey: string): Promise<void> {
  const endpoint: Endpoint = { host: ssh.host, port: ssh.port, user: ssh.user, hostKey };
  await session.update((record) => ({ ...record, endpoint, addresses: privateAddresses }));
}

/** Its role, its node and its address in the swarm, which only the host itself still knows. */
async function becomeWhatItIs(
  session: HostSession,
  { swarm, salvage }: { readonly swarm: string; readonly salvage: Salvage | undefined },
  step: StepContext,
): Promise<void> {
  const { context, name } = session;
  step.detail('ask it what it is');
  await session.connect({ signal: step.signal, waitMs: bootWaitMs });
  const own = await membershipOf(session, step);
  const isNode = own !== undefined && beliefOf(own) !== 'outside';
  if (swarm === noSwarm) {
    if (isNode)
      context.report({
        type: 'warning',
        host: name,
        message: `${name} is a node of a swarm, although its labels name none; it stays one, and swarmup does not manage it`,
      });
    return;
  }
  const isNew = (await context.store.readSwarm(swarm)) === undefined;
  const role = isNode
    ? isManaging(own) || isLocked(own)
      ? 'manager'
      : 'worker'
    : (salvage?.role ?? (isNew ? 'manager' : 'worker'));
  const isJoined = isNode && own.NodeID !== '' && own.NodeAddr !== '';
  await session.update((record) => ({
    ...record,
    role,
    ...(isJoined && { nodeId: own.NodeID, advertiseAddr: own.NodeAddr }),
  }));
}

/** undefined: its engine does not answer, as that of a host whose creation was interrupted. */
async function membershipOf(
  { context, record }: HostSession,
  { signal, detail }: StepContext,
): Promise<EngineInfo['Swarm'] | undefined> {
  try {
    return (await engineInfo(hostEngine(context, record), signal)).Swarm;
  } catch (error) {
    signal.throwIfAborted();
    detail(`its engine does not answer: ${messageOf(error)}`);
    return undefined;
  }
}
