import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { KeyCustody, MachineRecord, SwarmRecord } from '../../machine/machine-record.js';
import { hasKeyring, type UnlockKeyStore } from '../../machine/unlock-key-store.js';
import type { Plan } from '../../plan/plan.js';
import { singleStep } from '../../plan/single-step.js';
import {
  readSwarmState,
  readUnlockKey,
  type SwarmSpec,
  type SwarmState,
  updateSwarm,
} from '../../swarm/swarm-settings.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { managersWithOldKey } from '../steps/manager-keys.js';
import type { SwarmAccess } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { type AskSealKey, unlockKeyStore } from '../steps/unlock-keys.js';

interface AutolockRequest {
  readonly swarm: string;
  readonly on: boolean;
  /** Who keeps the key; default: who keeps it already, else the keyring of this machine, else a passphrase. */
  readonly custody?: KeyCustody | undefined;
  /** Gives what seals the file of keys; called before anything is changed. */
  readonly sealKey: AskSealKey;
  readonly dryRun: boolean;
  /** The caller holds the lock of the swarm already. */
  readonly locked?: boolean;
}

export interface AutolockResult {
  readonly swarm: string;
  readonly autolock: 'on' | 'off';
  readonly dryRun: boolean;
  readonly changed: boolean;
  /** Who keeps the unlock key now. */
  readonly custody: KeyCustody['type'] | null;
  /** Managers that still need a key that was replaced. */
  readonly oldKeyNeededBy: readonly string[];
}

/**
 * Turns autolock on or off. On: the unlock key is stored, and if that fails autolock is turned off again, so that no
 * manager stays locked. Off: the stored keys are removed when every manager has seen the change. Errors: those of
 * `guardSwarm` and of the custody.
 */
export function setAutolock(context: OperationContext, request: AutolockRequest): Promise<AutolockResult> {
  const { dryRun, locked, swarm, on } = request;
  const plan = async (looked: GuardedSwarm) => (on ? planOn : planOff)(await autolockWork(context, request, looked));
  return carryOut(context, { swarm, locks: swarmLock(swarm), lockTimeoutMs: 60_000, plan }, { dryRun, locked });
}

const autolock =
  (on: boolean) =>
  (spec: SwarmSpec): SwarmSpec => ({
    ...spec,
    EncryptionConfig: { ...spec.EncryptionConfig, AutoLockManagers: on },
  });

interface AutolockWork {
  readonly context: OperationContext;
  readonly request: AutolockRequest;
  readonly engine: EngineClient;
  readonly record: SwarmRecord;
  readonly managers: readonly MachineRecord[];
  readonly before: SwarmState;
}

async function autolockWork(
  context: OperationContext,
  request: AutolockRequest,
  { access, machines }: GuardedSwarm,
): Promise<AutolockWork> {
  const record = await swarmRecord(context, request.swarm, access);
  const before = await readSwarmState(access.engine, context.signal);
  return { context, request, engine: access.engine, record, managers: managersOf(machines), before };
}

/** How long turning it off again may take, when its key could not be kept. */
const takeBackMs = 30_000;

async function planOn(work: AutolockWork): Promise<Plan<AutolockResult>> {
  const { context, request, record, before } = work;
  const { swarm, dryRun } = request;
  const custody = request.custody ?? record.keyCustody ?? (await defaultCustody(context));
  const changed = !before.Spec.EncryptionConfig.AutoLockManagers;
  const planned = { swarm, autolock: 'on', dryRun, changed, custody: custody.type, oldKeyNeededBy: [] } as const;
  let store: UnlockKeyStore | undefined;
  return singleStep<AutolockResult>({
    id: 'swarm/autolock',
    title: 'turn autolock on',
    graceMs: takeBackMs,
    planned,
    approve: async () => {
      store = await preparedStore(context, record, custody, request.sealKey);
    },
    act: async ({ signal }) => {
      if (store === undefined) throw new Error('no place to store the unlock key was chosen');
      await turnOn({ ...work, context: underSignal(context, signal) }, store, custody);
      return planned;
    },
  });
}

async function turnOn(
  { context, engine, record, managers, before }: AutolockWork,
  store: UnlockKeyStore,
  custody: KeyCustody,
): Promise<void> {
  const wasOn = before.Spec.EncryptionConfig.AutoLockManagers;
  await updateSwarm(engine, autolock(true), context.signal);
  try {
    await store.write([await readUnlockKey(engine, context.signal)], context.signal);
    await context.store.writeSwarm({ ...record, keyCustody: custody });
  } catch (error) {
    if (wasOn) throw error;
    await updateSwarm(engine, autolock(false), AbortSignal.timeout(takeBackMs));
    throw notKept(store, error);
  }
  context.report({ type: 'info', message: `the unlock key is stored in ${store.where}` });
  await managersWithOldKey(context, managers, { newerThan: wasOn ? -1 : before.Version.Index, locked: true });
}

function planOff(work: AutolockWork): Plan<AutolockResult> {
  const { context, request, before } = work;
  const { swarm, dryRun } = request;
  const changed = before.Spec.EncryptionConfig.AutoLockManagers;
  const planned = { swarm, autolock: 'off', dryRun, changed, custody: null, oldKeyNeededBy: [] } as const;
  return singleStep<AutolockResult>({
    id: 'swarm/autolock',
    title: 'turn autolock off',
    planned,
    act: async ({ signal }) => ({ ...planned, ...(await turnOff({ ...work, context: underSignal(context, signal) })) }),
  });
}

async function turnOff({
  context,
  engine,
  record,
  managers,
  before,
}: AutolockWork): Promise<Pick<AutolockResult, 'custody' | 'oldKeyNeededBy'>> {
  const changed = await updateSwarm(engine, autolock(false), context.signal);
  const newerThan = before.Version.Index;
  const needing =
    changed === undefined ? [] : await managersWithOldKey(context, managers, { newerThan, locked: false });
  if (needing.length > 0) {
    const message = `swarmup still stores the unlock key because ${needing.join(', ')} will need it; run this command again when they are back`;
    context.report({ type: 'warning', message });
    return { custody: record.keyCustody?.type ?? null, oldKeyNeededBy: needing };
  }
  await (await unlockKeyStore(context, record))?.remove(context.signal);
  await context.store.writeSwarm({ ...record, keyCustody: undefined });
  return { custody: null, oldKeyNeededBy: [] };
}

/** The record of a swarm; one that swarmup did not make gets one, as its custody must be remembered. */
async function swarmRecord(context: OperationContext, swarm: string, access: SwarmAccess): Promise<SwarmRecord> {
  const known = await context.store.readSwarm(swarm);
  const createdAt = context.now().toISOString();
  return known ?? { schemaVersion: 1, name: swarm, clusterId: access.clusterId, createdAt };
}

export const managersOf = (machines: readonly MachineRecord[]): readonly MachineRecord[] =>
  machines.filter(({ role, endpoint }) => role === 'manager' && endpoint !== null);

async function defaultCustody(context: OperationContext): Promise<KeyCustody> {
  const isThere = await hasKeyring(context.run, context.platform ?? 'linux', context.signal);
  return { type: isThere ? 'keyring' : 'passphrase' };
}

/** A passphrase is asked for, a key file is read, before the swarm is touched. */
async function preparedStore(
  context: OperationContext,
  record: SwarmRecord,
  custody: KeyCustody,
  ask: AskSealKey,
): Promise<UnlockKeyStore> {
  const isSealed = custody.type === 'passphrase' || custody.type === 'key-file';
  const sealKey = isSealed ? await ask(custody.type) : undefined;
  const store = await unlockKeyStore(context, record, {
    custody,
    ...(sealKey !== undefined && { sealKey: () => Promise.resolve(sealKey) }),
  });
  if (store === undefined) throw new Error('a custody without a store');
  return store;
}

const notKept = (store: UnlockKeyStore, error: unknown): SwarmupError =>
  new SwarmupError(
    'KEY_CUSTODY_FAILED',
    `the unlock key could not be stored in ${store.where}, so autolock was turned off again: ${messageOf(error)}`,
    {
      hints: [`${swarmup`swarm autolock on --key-file FILE`} keeps it in a file, sealed with the content of another`],
      cause: error,
    },
  );
