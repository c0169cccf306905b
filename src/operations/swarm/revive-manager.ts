import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { StepContext } from '../../plan/step.js';
import type { OperationContext } from '../context.js';
import { certificateEnded, settledMembership } from './become-node.js';
import { copyState, makeOnlyManager } from './recover-survivor.js';
import { hostEngine, swarmMachines } from './swarm-access.js';

/**
 * Lets the only manager of a swarm lead again which was off for longer than its certificate held: as the node that it
 * was, with all that it knows; a copy of its state stays on it. Any other trouble is left alone, and so is a swarm with
 * more managers: which of them knows most is for `swarm recover` to find out.
 * Errors: UNLOCK_KEY_MISSING (exit 6) with autolock; those of `makeOnlyManager`.
 */
export async function reviveOnlyManager(context: OperationContext, swarm: string, step: StepContext): Promise<void> {
  const { signal } = step;
  const [only, ...more] = (await swarmMachines(context, swarm)).filter(({ role }) => role === 'manager');
  if (only === undefined || more.length > 0) return;
  const isSettled = ({ LocalNodeState: state }: { LocalNodeState: string }): boolean => state !== 'pending';
  if (!certificateEnded(await settledMembership(only.name, hostEngine(context, only), isSettled, signal))) return;
  step.detail(`the certificate of ${only.name} has ended: it becomes the manager anew, with all that it knows`);
  const stamp = context.now().toISOString().replaceAll(':', '').replace(/\.\d+/, '');
  await copyState(context, only, `before-revival-${stamp}`, signal);
  await makeOnlyManager(context, only, (host) => Promise.reject(needsKey(swarm, host)), step);
}

const needsKey = (swarm: string, host: string): SwarmupError =>
  new SwarmupError('UNLOCK_KEY_MISSING', `the certificate of ${host} has ended, and its state is locked`, {
    host,
    exitCode: exitCodes.unhealthy,
    hints: [`swarmup swarm recover --swarm ${swarm} asks for the unlock key`],
  });
