import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from './context.js';
import { hostEngine, offError, openSwarm, type SwarmAccess, swarmMachines } from './swarm-access.js';

/** A manager whose leader does not answer takes 20 s to say so. */
const leaderMs = 3500;
/** An engine that is asked for nothing but its version, and takes longer, is behind a slow network or on a busy host. */
const promptMs = 700;

/**
 * Opens a swarm and looks at it, for those who do not wait for an election. Errors: those of `openSwarm` and `look`;
 * NO_MANAGER within 5 s when managers are off and the others, although they answer promptly, cannot tell of the swarm.
 */
export async function lookSoon<T>(
  context: OperationContext,
  swarm: string,
  look: (access: SwarmAccess, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const lost = new AbortController();
  const signal = AbortSignal.any([context.signal, lost.signal]);
  const watched = untilNoLeader(context, swarm, AbortSignal.any([context.signal, over.signal])).then(
    (error) => {
      lost.abort(error);
    },
    () => undefined,
  );
  try {
    return await look(await openSwarm(context, swarm, { signal }), signal);
  } catch (error) {
    context.signal.throwIfAborted();
    throw lost.signal.aborted ? lost.signal.reason : error;
  } finally {
    over.abort();
    await watched;
  }
}

/** The error of a swarm that has no leader now. Never returns while nothing says so. Errors: the abort reason. */
async function untilNoLeader(context: OperationContext, swarm: string, signal: AbortSignal): Promise<SwarmupError> {
  for (;;) {
    await sleepFor(leaderMs, undefined, { signal });
    const managers = (await swarmMachines(context, swarm)).filter(({ role }) => role === 'manager');
    const off = (await Promise.all(managers.map((record) => offError(context, record, signal)))).flatMap(
      (error) => error ?? [],
    );
    const others = managers.filter(({ name }) => !off.some(({ host }) => host === name));
    if (off.length > 0 && (await isPrompt(context, others, signal))) return noLeader(swarm, off);
  }
}

/** One of them answers at once: it is not the network that takes its time. */
async function isPrompt(
  context: OperationContext,
  managers: readonly MachineRecord[],
  signal: AbortSignal,
): Promise<boolean> {
  const asking = managers.map((manager) =>
    withDeadline({ timeoutMs: promptMs, what: `the engine of ${manager.name} to answer`, signal }, (deadline) =>
      hostEngine(context, manager).apiVersion(deadline),
    ),
  );
  return Promise.any(asking).then(
    () => true,
    () => false,
  );
}

function noLeader(swarm: string, off: readonly SwarmupError[]): SwarmupError {
  return new SwarmupError('NO_MANAGER', `no leader of swarm ${swarm} answers (${off.map(messageOf).join('; ')})`, {
    exitCode: exitCodes.unhealthy,
    hints: [
      ...off.map(({ host = '' }) => swarmup`start ${host}`),
      'the other managers elect a leader within 25 s, if they are the majority: run the same command again',
    ],
    cause: new AggregateError(off),
  });
}
