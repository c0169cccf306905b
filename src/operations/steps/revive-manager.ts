import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import { beliefOf, certificateEnded, type Membership } from '../../swarm/membership.js';
import type { OperationContext } from '../access/context.js';
import { settledMembership } from './become-node.js';
import { copyName, copyState, makeOnlyManager } from './recover-survivor.js';
import { hostEngine, swarmMachines } from '../access/swarm-access.js';

/**
 * Lets the only manager of a swarm lead again which was off for longer than its certificate held: as the node that it
 * was, with all that it knows; a copy of its state stays on it. Any other trouble is left alone.
 * Errors: CERTIFICATES_ENDED (exit 6) of several managers: which of them knows most is for `swarm recover` to find out;
 * UNLOCK_KEY_MISSING (exit 6) with autolock; those of `makeOnlyManager`.
 */
export async function reviveOnlyManager(context: OperationContext, swarm: string, step: StepContext): Promise<void> {
  const managers = (await swarmMachines(context, swarm)).filter(({ role }) => role === 'manager');
  const [first, ...more] = managers;
  if (first === undefined || !(await hasEnded(context, first, step.signal))) return;
  const others = await Promise.all(more.map((manager) => hasEnded(context, manager, step.signal)));
  if (others.includes(false)) return;
  if (others.length > 0) throw allEnded(swarm, managers);
  step.detail(
    `the certificate of ${first.name} has expired; ${first.name} becomes the manager of a new cluster with the same state`,
  );
  await copyState(context, first, copyName('before-revival', context.now()), step.signal);
  await makeOnlyManager(context, first, (host) => Promise.reject(needsKey(swarm, host)), step);
}

/** Whoever does not answer is not known to have. */
async function hasEnded(context: OperationContext, manager: MachineRecord, signal: AbortSignal): Promise<boolean> {
  const isSettled = (own: Membership): boolean => beliefOf(own) !== 'joining';
  try {
    return certificateEnded(await settledMembership(manager.name, hostEngine(context, manager), isSettled, signal));
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

const allEnded = (swarm: string, managers: readonly MachineRecord[]): SwarmupError =>
  new SwarmupError(
    'CERTIFICATES_ENDED',
    `the node certificates of all managers of swarm ${swarm} (${managers.map(({ name }) => name).join(', ')}) expired while the managers were off`,
    { exitCode: exitCodes.unhealthy, hints: [`${swarmup`swarm recover --swarm ${swarm}`}, then this command again`] },
  );

const needsKey = (swarm: string, host: string): SwarmupError =>
  new SwarmupError(
    'UNLOCK_KEY_MISSING',
    `the certificate of ${host} has expired, and the state of the host is locked`,
    {
      host,
      exitCode: exitCodes.unhealthy,
      hints: [`${swarmup`swarm recover --swarm ${swarm}`} asks for the unlock key`],
    },
  );
