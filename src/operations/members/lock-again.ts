import { waitFor } from '../../lib/abort.js';
import { codeOf, messageOf } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { KeyCustody } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import { setAutolock } from './autolock.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { insideStep } from '../access/inside-step.js';
import type { AskSealKey } from '../steps/unlock-keys.js';

export interface LockAgainRequest {
  readonly swarm: string;
  /** Who gets the new unlock key, where autolock had to be taken off; default: who kept the one before. */
  readonly custody: KeyCustody | undefined;
  readonly sealKey: AskSealKey;
}

/**
 * Turns autolock on after a recovery, which needs an unlocked manager. Managers that join afterwards are also locked.
 * Resolves to a warning if autolock stays off. The caller holds the lock of the swarm.
 */
export async function lockAgain(
  context: OperationContext,
  { swarm, custody, sealKey }: LockAgainRequest,
  step: StepContext,
): Promise<string | undefined> {
  const keeper = custody ?? (await context.store.readSwarm(swarm))?.keyCustody;
  const again = swarmup`swarm autolock on --swarm ${swarm}`;
  if (keeper === undefined) return `autolock is off now, and no place to store a new key was chosen: ${again}`;
  step.detail('turn autolock on again');
  try {
    await awaitChanges(context, swarm, step.signal);
    const request = { swarm, on: true, custody: keeper, sealKey, dryRun: false, locked: true };
    await setAutolock(insideStep(context, step), request);
    return undefined;
  } catch (error) {
    step.signal.throwIfAborted();
    return `autolock is off now (${messageOf(error)}): ${again}`;
  }
}

/** For a moment the managers that it was made without are still counted. */
function awaitChanges(context: OperationContext, swarm: string, signal: AbortSignal): Promise<unknown> {
  const wait = { timeoutMs: 60_000, what: 'the swarm to accept changes', signal, intervalMs: 500 };
  return waitFor({ ...wait, fatal: (error) => codeOf(error) !== 'QUORUM_LOST' }, (waiting) =>
    guardSwarm(context, swarm, { type: 'write' }, { signal: waiting }),
  );
}
