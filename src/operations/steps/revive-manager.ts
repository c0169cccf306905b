import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import { beliefOf, certificateEnded, isVoter, type Membership } from '../../swarm/membership.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { settledMembership } from './become-node.js';
import { copyName, copyState, makeOnlyManager } from './recover-survivor.js';
import { hostEngine, swarmMachines } from '../access/swarm-access.js';

/**
 * Lets the only manager of a swarm lead again after it was off for longer than its certificate was valid: it stays the
 * same node with its complete state, and a copy of the state stays on it. Any other problem is not touched. Errors:
 * CERTIFICATES_ENDED (exit 6) for several managers, because only `swarm recover` can find the newest state;
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
  await makeOnlyManager(
    context,
    first,
    (host) => Promise.reject(needsKey(swarm, host, `the certificate of ${host} has expired`)),
    step,
  );
}

/**
 * Gives the only manager of a swarm its own address: it stays the same node with its complete state, and a copy of the
 * state stays on it. Resolves to the ID of its cluster. Errors: SEVERAL_MANAGERS (exit 6) if the swarm counts others; UNLOCK_KEY_MISSING (exit 6) with
 * autolock; those of `makeOnlyManager`.
 */
export async function moveOnlyManager(
  context: OperationContext,
  record: MachineRecord,
  address: string,
  step: StepContext,
): Promise<string> {
  const others = (await swarmNodes(hostEngine(context, record), step.signal)).filter(isVoter);
  if (others.length > 1) throw severalManagers(record, address);
  step.detail(`the address of ${record.name} is ${address} now`);
  await copyState(context, record, copyName('before-move', context.now()), step.signal);
  const noKey = (host: string): Promise<never> =>
    Promise.reject(needsKey(record.swarm ?? '', host, `${host} has a new address`));
  return (await makeOnlyManager(context, record, noKey, step, { address })).clusterId;
}

const severalManagers = ({ name, swarm }: MachineRecord, address: string): SwarmupError =>
  new SwarmupError(
    'SEVERAL_MANAGERS',
    `${name} is at ${address} now, and only another manager of swarm ${swarm ?? ''} could take it in as a new node`,
    {
      host: name,
      exitCode: exitCodes.unhealthy,
      hints: [
        `bring another manager of the swarm back first: ${swarmup`ls`} shows the hosts`,
        `if they are lost for good: ${swarmup`swarm recover ${inSwarm(swarm)}`}`,
      ],
    },
  );

/** A host that does not answer does not count as expired. */
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

const needsKey = (swarm: string, host: string, why: string): SwarmupError =>
  new SwarmupError('UNLOCK_KEY_MISSING', `${why}, and the state of the host is locked`, {
    host,
    exitCode: exitCodes.unhealthy,
    hints: [`${swarmup`swarm recover --swarm ${swarm}`} asks for the unlock key`],
  });
