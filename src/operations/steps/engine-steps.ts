import { waitFor } from '../../lib/abort.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import { beliefOf, beliefText, nodeTrouble } from '../../swarm/membership.js';
import { engineInfo, swarmNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { HostSession } from '../access/host-session.js';
import { type HostChange, type HostStep, hostStepId, hostSteps } from '../access/host-steps.js';
import { guardPower } from './guard-power.js';
import type { HostOutcome } from '../access/results.js';
import { hostEngine, openSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { unlockIfLocked } from './unlock-hosts.js';

interface EngineSteps {
  readonly title: string;
  readonly done: HostOutcome['status'];
  readonly planned: HostOutcome['status'];
  readonly act: EngineWork;
  readonly look: EngineWork;
  /** Also restart a manager that the quorum of the swarm needs. */
  readonly force?: boolean;
  /** Ids of steps before all of these. */
  readonly needs?: readonly string[];
}

/** The context of the session is under the signal of the step. */
type EngineWork = (host: HostSession, step: StepContext) => Promise<HostChange>;

/**
 * The steps that restart engines: plain hosts at the same time, hosts of a swarm one after another, workers first and
 * the leader last, each when the previous one is Ready (and votes) again. After a failure, the other hosts of the swarm
 * are not touched. Errors: QUORUM_AT_RISK (exit 3) unless forced.
 */
export async function engineSteps(
  context: OperationContext,
  records: readonly MachineRecord[],
  { act, look, force = false, needs = [], ...words }: EngineSteps,
): Promise<readonly HostStep[]> {
  const names = records.map(({ name }) => name);
  const { order } = await guardPower(context, names, 'restart', force);
  const rank = ({ name, role }: MachineRecord): number => (role === 'manager' ? 1 + order.indexOf(name) : -1);
  const sorted = records.toSorted((a, b) => rank(a) - rank(b));
  const before = (name: string): readonly string[] => {
    const at = sorted.findIndex((record) => record.name === name);
    const swarm = sorted[at]?.swarm ?? null;
    const previous = sorted.slice(0, at).findLast((record) => swarm !== null && record.swarm === swarm);
    return previous === undefined ? [] : [hostStepId(previous.name, words.title)];
  };
  const open = (name: string, { signal }: StepContext): Promise<HostSession> =>
    HostSession.open(underSignal(context, signal), name);
  return hostSteps(names, {
    ...words,
    needs: (name) => [...needs, ...before(name)],
    look: async (name, step) => look(await open(name, step), step),
    act: async (name, step) => {
      const host = await open(name, step);
      const change = await act(host, step);
      if (change !== 'unchanged') await awaitBack(host.context, host.record, step.detail);
      return change;
    },
  });
}

/**
 * Waits until a host whose engine was restarted is back in its swarm: for its own engine, and for the managers, who see
 * it Ready and, if it is one of them, reach it. One that asks for the unlock key gets it. Errors: MANAGER_LOCKED;
 * TIMEOUT (90 s).
 */
export async function awaitBack(
  context: OperationContext,
  record: MachineRecord,
  detail: (message: string) => void,
): Promise<void> {
  const { name, swarm, nodeId } = record;
  if (swarm === null || nodeId === null) return;
  detail('waiting until the node is Ready again');
  await unlockIfLocked(context, record, detail);
  const what = `${name} to be Ready again in swarm ${swarm}`;
  await waitFor({ timeoutMs: 90_000, what, host: name, signal: context.signal }, async (signal) => {
    // Managers miss a node only after some seconds.
    const { Swarm: own } = await engineInfo(hostEngine(context, record), signal);
    if (beliefOf(own) !== 'joined') throw new Error(`the engine of the node reports ${beliefText(own)}`);
    const { engine } = await openSwarm(context, swarm, { signal });
    const trouble = nodeTrouble(await swarmNode(engine, nodeId, signal));
    if (trouble !== undefined) throw new Error(trouble);
    return true;
  });
}
