import { usageError } from '../../lib/errors.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { UnlockKeys } from '../../machine/unlock-key-store.js';
import type { Plan } from '../../plan/plan.js';
import { singleStep } from '../../plan/single-step.js';
import { readSwarmState, readUnlockKey, updateSwarm } from '../../swarm/swarm-settings.js';
import { managersOf } from './autolock.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { managersWithOldKey } from '../steps/manager-keys.js';
import { openSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { storedUnlockKeys, unlockKeyStore } from '../steps/unlock-keys.js';

interface UnlockKeyRequest {
  readonly swarm: string;
  readonly dryRun: boolean;
}

export interface UnlockKeyResult {
  readonly swarm: string;
  /** null in a dry run. */
  readonly unlockKey: string | null;
  readonly rotated: boolean;
  /** Managers that still need the key before; it is kept for them. */
  readonly oldKeyNeededBy: readonly string[];
}

/**
 * Gets the unlock key of a swarm from a manager that answers, else from custody, because the user asked for it. Errors:
 * AUTOLOCK_OFF (exit 2); those of `openSwarm` if the key is not found.
 */
export async function showUnlockKey(context: OperationContext, swarm: string): Promise<UnlockKeyResult> {
  const answer = (unlockKey: string): UnlockKeyResult => ({ swarm, unlockKey, rotated: false, oldKeyNeededBy: [] });
  try {
    const { engine } = await openSwarm(context, swarm);
    const key = await readUnlockKey(engine, context.signal);
    if (key === '') throw autolockOff(swarm);
    return answer(key);
  } catch (error) {
    context.signal.throwIfAborted();
    const [kept] = await storedUnlockKeys(context, swarm).catch(() => []);
    if (kept === undefined) throw error;
    return answer(kept);
  }
}

/**
 * Replaces the unlock key. The former keys stay in custody until every manager has accepted the new key. Errors:
 * AUTOLOCK_OFF (exit 2), those of `guardSwarm` and of the custody.
 */
export function rotateUnlockKey(context: OperationContext, request: UnlockKeyRequest): Promise<UnlockKeyResult> {
  const { swarm, dryRun } = request;
  const plan = (looked: GuardedSwarm) => planRotation(context, swarm, looked);
  return carryOut(context, { swarm, locks: swarmLock(swarm), lockTimeoutMs: 60_000, plan }, { dryRun });
}

async function planRotation(
  context: OperationContext,
  swarm: string,
  { access: { engine }, machines }: GuardedSwarm,
): Promise<Plan<UnlockKeyResult>> {
  if (!(await readSwarmState(engine, context.signal)).Spec.EncryptionConfig.AutoLockManagers) throw autolockOff(swarm);
  const record = await context.store.readSwarm(swarm);
  const store = record === undefined ? undefined : await unlockKeyStore(context, record);
  let kept: UnlockKeys = [];
  return singleStep<UnlockKeyResult>({
    id: 'swarm/unlock-key',
    title: 'replace the unlock key',
    planned: { swarm, unlockKey: null, rotated: false, oldKeyNeededBy: [] },
    // Opened before the change: a custody that cannot be used must not cost the new key.
    approve: async () => {
      kept = (await store?.read(context.signal)) ?? [];
    },
    act: async ({ signal }) => {
      const old = await readUnlockKey(engine, signal);
      const before = await updateSwarm(engine, (spec) => spec, signal, { unlockKey: true });
      const unlockKey = await readUnlockKey(engine, signal);
      await store?.write([...new Set([unlockKey, old, ...kept])], signal);
      if (store === undefined)
        context.report({
          type: 'warning',
          message: `the new key is not stored: ${swarmup`swarm autolock on ${inSwarm(swarm)}`} does it`,
        });
      const oldKeyNeededBy = await managersWithOldKey(underSignal(context, signal), managersOf(machines), {
        newerThan: before?.Version.Index ?? 0,
        locked: true,
      });
      if (oldKeyNeededBy.length === 0) await store?.write([unlockKey], signal);
      return { swarm, unlockKey, rotated: true, oldKeyNeededBy };
    },
  });
}

const autolockOff = (swarm: string): Error =>
  usageError(
    'AUTOLOCK_OFF',
    `swarm ${swarm} does not lock its managers`,
    `${swarmup`swarm autolock on ${inSwarm(swarm)}`} turns it on`,
  );
