import { messageOf, SwarmupError } from '../../lib/errors.js';
import type { KeyCustody, MachineRecord, SwarmRecord } from '../../machine/machine-record.js';
import { hasKeyring, type UnlockKeyStore } from '../../machine/unlock-key-store.js';
import { readSwarmState, readUnlockKey, type SwarmSpec, updateSwarm } from '../../swarm/swarm-settings.js';
import type { OperationContext } from '../access/context.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { lockHosts } from '../access/lock-hosts.js';
import { managersWithOldKey } from '../steps/manager-keys.js';
import type { SwarmAccess } from '../access/swarm-access.js';
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
 * Turns autolock on or off. On: the key goes into custody, and when that fails autolock is turned off again, so that
 * nobody is locked out. Off: the keys are forgotten once every manager has seen it.
 * Errors: those of `guardSwarm` and of the custody.
 */
export async function setAutolock(context: OperationContext, request: AutolockRequest): Promise<AutolockResult> {
  const work = (): Promise<AutolockResult> => (request.on ? turnOn(context, request) : turnOff(context, request));
  const { dryRun, locked = false, swarm } = request;
  return dryRun || locked ? work() : lockHosts(context, [{ name: '', swarm }], 60_000, work);
}

const autolock =
  (on: boolean) =>
  (spec: SwarmSpec): SwarmSpec => ({
    ...spec,
    EncryptionConfig: { ...spec.EncryptionConfig, AutoLockManagers: on },
  });

/** The same for a caller that holds the lock of the swarm. Errors: those of `setAutolock`. */
export async function turnOn(context: OperationContext, request: Omit<AutolockRequest, 'on'>): Promise<AutolockResult> {
  const { swarm, dryRun } = request;
  const { access, machines } = await guardSwarm(context, swarm, { type: 'write' });
  const record = await swarmRecord(context, swarm, access);
  const custody = request.custody ?? record.keyCustody ?? (await defaultCustody(context));
  const before = await readSwarmState(access.engine, context.signal);
  const wasOn = before.Spec.EncryptionConfig.AutoLockManagers;
  const base = { swarm, autolock: 'on', dryRun, changed: !wasOn, oldKeyNeededBy: [] } as const;
  if (dryRun) return { ...base, custody: custody.type };
  const store = await preparedStore(context, record, custody, request.sealKey);
  await updateSwarm(access.engine, autolock(true), context.signal);
  try {
    await store.write([await readUnlockKey(access.engine, context.signal)], context.signal);
    await context.store.writeSwarm({ ...record, keyCustody: custody });
  } catch (error) {
    if (wasOn) throw error;
    await updateSwarm(access.engine, autolock(false), AbortSignal.timeout(30_000));
    throw notKept(store, error);
  }
  context.report({ type: 'info', message: `the unlock key is kept in ${store.where}` });
  await managersWithOldKey(context, managersOf(machines), {
    newerThan: wasOn ? -1 : before.Version.Index,
    locked: true,
  });
  return { ...base, custody: custody.type };
}

async function turnOff(context: OperationContext, { swarm, dryRun }: AutolockRequest): Promise<AutolockResult> {
  const { access, machines } = await guardSwarm(context, swarm, { type: 'write' });
  const record = await swarmRecord(context, swarm, access);
  const before = await readSwarmState(access.engine, context.signal);
  const base = { swarm, autolock: 'off', dryRun, changed: before.Spec.EncryptionConfig.AutoLockManagers } as const;
  if (dryRun) return { ...base, custody: null, oldKeyNeededBy: [] };
  const changed = await updateSwarm(access.engine, autolock(false), context.signal);
  const needing =
    changed === undefined
      ? []
      : await managersWithOldKey(context, managersOf(machines), { newerThan: before.Version.Index, locked: false });
  if (needing.length > 0) {
    const message = `the unlock key is kept: ${needing.join(', ')} will need it; run this again when they are back`;
    context.report({ type: 'warning', message });
    return { ...base, custody: record.keyCustody?.type ?? null, oldKeyNeededBy: needing };
  }
  await (await unlockKeyStore(context, record))?.remove(context.signal);
  await context.store.writeSwarm({ ...record, keyCustody: undefined });
  return { ...base, custody: null, oldKeyNeededBy: [] };
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
    `the unlock key could not be kept in ${store.where}, so autolock was turned off again: ${messageOf(error)}`,
    {
      hints: ['swarmup swarm autolock on --key-file FILE keeps it in a file, sealed with the content of another'],
      cause: error,
    },
  );
