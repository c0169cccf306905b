import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { UnlockKeys } from '../../machine/unlock-key-store.js';
import type { Plan } from '../../plan/plan.js';
import { beliefOf, isReached } from '../../swarm/membership.js';
import { engineInfo, swarmNodes } from '../../swarm/swarm-api.js';
import { readSwarmState, unlockEngine } from '../../swarm/swarm-settings.js';
import { agentTargets } from './agent-targets.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import { hostsPlan } from '../access/host-steps.js';
import type { HostsResult } from '../access/results.js';
import { hostEngine } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { storedUnlockKeys } from './unlock-keys.js';

interface UnlockRequest {
  readonly swarm: string;
  /** Empty: all managers that the swarm counts. */
  readonly names: readonly string[];
  /** Given by the user instead of the one in custody. */
  readonly key?: string | undefined;
  readonly dryRun: boolean;
}

/**
 * Unlocks managers that ask for the unlock key after a restart, all at once, and waits until each is a manager that
 * can manage. Managers that are not locked are left alone. A wrong key changes nothing.
 * Errors: those of `agentTargets` and of the custody. Of a host: UNLOCK_KEY_MISSING, UNLOCK_KEY_WRONG.
 */
export const unlockHosts = (context: OperationContext, request: UnlockRequest): Promise<HostsResult> =>
  carryOut(context, { plan: () => planUnlocking(context, request) }, request);

async function planUnlocking(context: OperationContext, request: UnlockRequest): Promise<Plan<HostsResult>> {
  const { swarm, names, key } = request;
  const targets = await agentTargets(context, swarm, names);
  // A recovery left some managers out: no key of this swarm opens them, `swarm recover` brings them back.
  const records = targets.filter(({ formerNodeId }) => names.length > 0 || formerNodeId === undefined);
  const keys = key === undefined ? await storedUnlockKeys(context, swarm) : [key];
  return hostsPlan(
    records.map(({ name }) => name),
    {
      title: 'unlock',
      done: 'unlocked',
      planned: 'would-unlock',
      look: async (name) => ((await isLocked(context, await context.store.require(name))) ? 'changed' : 'unchanged'),
      act: async (name, { signal }) => {
        const own = underSignal(context, signal);
        const record = await own.store.require(name);
        if (!(await isLocked(own, record))) return 'unchanged';
        await unlockWith(own, record, keys);
        await awaitManager(own, record);
        return 'changed';
      },
    },
    request,
  );
}

/** Unlocks a manager that was just started, when it asks for it. Errors: as `unlockHosts`. */
export async function unlockIfLocked(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<void> {
  if (record.role !== 'manager' || record.swarm === null || !(await isLocked(context, record))) return;
  detail('unlock');
  try {
    // Several hosts start at once behind a progress display: no place for a question.
    await unlockWith(context, record, await storedUnlockKeys(context, record.swarm, { mayAsk: false }));
  } catch (error) {
    context.signal.throwIfAborted();
    throw new SwarmupError('MANAGER_LOCKED', `${record.name} runs but is locked: ${messageOf(error)}`, {
      host: record.name,
      hints: [swarmup`swarm unlock ${inSwarm(record.swarm)} ${record.name}`],
      cause: error,
    });
  }
}

async function isLocked(context: OperationContext, record: MachineRecord): Promise<boolean> {
  const { Swarm } = await engineInfo(hostEngine(context, record), context.signal);
  return beliefOf(Swarm) === 'locked';
}

async function unlockWith(context: OperationContext, record: MachineRecord, keys: UnlockKeys): Promise<void> {
  const { name, swarm } = record;
  const engine = hostEngine(context, record);
  if (keys.length === 0)
    throw new SwarmupError('UNLOCK_KEY_MISSING', `the unlock key of swarm ${swarm ?? ''} is not stored`, {
      host: name,
      hints: [`${swarmup`swarm unlock --key-stdin ${inSwarm(swarm)} ${name}`} takes it on stdin`],
    });
  for (const key of keys)
    try {
      await unlockEngine(engine, key, context.signal);
      return;
    } catch (error) {
      if (!isWrongKey(error)) throw error;
    }
  throw new SwarmupError('UNLOCK_KEY_WRONG', `the unlock key does not open ${name}; nothing was changed`, {
    host: name,
    hints: [
      `${swarmup`swarm unlock-key ${inSwarm(swarm)}`} shows the key as long as another manager answers`,
      `${swarmup`swarm unlock --key-stdin ${inSwarm(swarm)} ${name}`} takes another one on stdin`,
    ],
  });
}

const isWrongKey = (error: unknown): boolean =>
  error instanceof SwarmupError && /invalid key|could not be decrypted|unlock key/i.test(error.message);

/** Unlocked, a manager takes some seconds to find the others; alone of many it waits for them in vain. */
async function awaitManager(context: OperationContext, record: MachineRecord): Promise<void> {
  const engine = hostEngine(context, record);
  await waitFor(
    { timeoutMs: 60_000, what: `${record.name} to work as a manager again`, host: record.name, signal: context.signal },
    async (signal) => {
      const { Swarm } = await engineInfo(engine, signal);
      if (beliefOf(Swarm) === 'locked') throw new Error('the manager is locked');
      const nodes = await swarmNodes(engine, signal);
      const own = nodes.find((node) => node.ID === Swarm.NodeID);
      await readSwarmState(engine, signal);
      return isReached(own) ? true : undefined;
    },
  );
}
