import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf } from '../../lib/errors.js';
import type { Role } from '../../machine/machine-record.js';
import { isReached, isReady, isVoter } from '../../swarm/membership.js';
import { engineInfo, rewriteNode, swarmNode, updateNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import type { FoundNode } from '../access/find-node.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { inTurn } from '../access/in-turn.js';
import type { HostOutcome, NodesResult } from '../access/results.js';
import { hostEngine, openSwarm } from '../access/swarm-access.js';
import { certifiedRole } from '../steps/node-certificates.js';
import { withAgent, withoutAgent } from '../steps/role-agent.js';
import { chosenNodes, lockedUnlessDry, type NodesRequest } from '../access/choose-nodes.js';

/**
 * Makes workers managers, one after another, each once the others reach the one before. Their hosts get the agent, as
 * `create` would have given it to them. Errors: those of `chosenNodes` and the guardian; LOCKED. Of a node: TIMEOUT.
 */
export const promoteNodes = (context: OperationContext, request: NodesRequest): Promise<NodesResult> =>
  lockedUnlessDry(context, request, () => changeRoles(context, request, 'manager'));

/**
 * Makes managers workers, one after another, the leader last, and takes the agent off their hosts; resolves once they
 * know it themselves. A change that would cost the quorum is refused before anything is done.
 * Errors: those of `chosenNodes` and the guardian; LOCKED.
 */
export const demoteNodes = (context: OperationContext, request: NodesRequest): Promise<NodesResult> =>
  lockedUnlessDry(context, request, () => changeRoles(context, request, 'worker'));

const words = {
  manager: { change: 'promote', done: 'promoted', planned: 'would-promote' },
  worker: { change: 'demote', done: 'demoted', planned: 'would-demote' },
} as const;

/** The same for a caller that holds the lock of the swarm. Errors: those of `chosenNodes` and the guardian. */
export async function changeRoles(context: OperationContext, request: NodesRequest, role: Role): Promise<NodesResult> {
  const { swarm, dryRun } = request;
  const { looked, nodes } = await chosenNodes(context, request);
  const { change, done, planned } = words[role];
  const changing = nodes.filter(({ node }) => !isAlready(role, node));
  const ids = changing.map(({ id }) => id);
  const { verdict } = await guardSwarm(context, swarm, { type: change, nodes: ids }, { access: looked.access });
  const rank = ({ id }: FoundNode): number => verdict.order.indexOf(id);
  const sorted = [...nodes].sort((a, b) => rank(a) - rank(b));
  // One that stays a manager, and does not change its mind half way.
  const { engine } =
    role === 'manager' || dryRun
      ? looked.access
      : await openSwarm(context, swarm, { except: changing.map(({ name }) => name) });
  const turn = inTurn();
  const outcomes = await eachHost(
    context,
    sorted.map(({ name }) => name),
    change,
    async (name, detail): Promise<HostOutcome['status']> => {
      const found = changing.find((other) => other.name === name);
      if (found === undefined) return 'unchanged';
      if (dryRun) return planned;
      await turn(() => changeRole(context, engine, found, role, detail));
      if (role === 'worker') await awaitSelfKnown(context, found, detail);
      await followRole(context, swarm, found, role, detail);
      return done;
    },
  );
  const order = nodes.map(({ name }) => name);
  return { swarm, dryRun, nodes: [...outcomes].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name)) };
}

/** Not only wanted: after a recovery by hand, a manager that comes back is none for a while. */
const isAlready = (role: Role, node: FoundNode['node']): boolean =>
  node.Spec.Role === role && (role === 'manager' ? isReached(node) : !isVoter(node));

/** Raft takes some 11 s until a new manager is reached; a demoted leader hands over in less than one. */
async function changeRole(
  context: OperationContext,
  engine: EngineClient,
  { id, name }: FoundNode,
  role: Role,
  detail: (message: string) => void,
): Promise<void> {
  context.signal.throwIfAborted();
  await updateNode(engine, id, (spec) => ({ ...spec, Role: role }), context.signal);
  const what = role === 'manager' ? `the other managers to reach ${name}` : `${name} to be a worker`;
  detail(`wait for ${what}`);
  await waitFor({ timeoutMs: 60_000, what, host: name, signal: context.signal, intervalMs: 200 }, async (signal) => {
    const { ManagerStatus: status } = await swarmNode(engine, id, signal);
    if (role === 'worker') return status === undefined ? true : undefined;
    if (status?.Reachability === 'reachable') return true;
    throw new Error(`as a manager it is ${status?.Reachability ?? 'not there yet'}`);
  });
  // From now on the swarm can be recovered from this one, too, when the other one of two managers is lost.
  if (role === 'manager') await rewriteNode(engine, id, context.signal);
}

const selfKnownMs = 2 * 60_000;

/**
 * Until the engine of a demoted manager knows it, too: by a new certificate, seconds after the others and after it has
 * stopped to act as one. One that is restarted before takes itself for a manager that nobody answers, and stays Down. A
 * host that is Down is not asked.
 */
async function awaitSelfKnown(
  context: OperationContext,
  { name, node, record }: FoundNode,
  detail: (message: string) => void,
): Promise<void> {
  if (record === undefined || !isReady(node)) return;
  const what = `${name} to know that it is a worker`;
  detail(`wait for ${what}`);
  const deadline = { timeoutMs: selfKnownMs, what, host: name, signal: context.signal, intervalMs: 200 };
  await waitFor(deadline, async (signal) => {
    const { LocalNodeState: state, ControlAvailable } = (await engineInfo(hostEngine(context, record), signal)).Swarm;
    const isManager = ControlAvailable || (await certifiedRole(context, record, signal)) === 'manager';
    if (state === 'active' && !isManager) return true;
    throw new Error(`it is ${state}, and ${isManager ? 'still a manager' : 'no manager'}`);
  }).catch((error: unknown) => {
    context.signal.throwIfAborted();
    context.report({ type: 'warning', host: name, message: `${messageOf(error)}; do not restart its engine yet` });
  });
}

/** The record of the host, and the agent on it, follow the role of the node. */
async function followRole(
  context: OperationContext,
  swarm: string,
  { record, name }: FoundNode,
  role: Role,
  detail: (message: string) => void,
): Promise<void> {
  if (record === undefined) return;
  const updated = await context.store.update(record.name, (current) => ({ ...current, role }));
  const follow = role === 'manager' ? withAgent : withoutAgent;
  await follow(context, swarm, updated, detail).catch((error: unknown) => {
    context.signal.throwIfAborted();
    const verb = role === 'manager' ? 'install' : 'remove';
    const message = `${messageOf(error)}; later: swarmup agent ${verb} ${name}`;
    context.report({ type: 'warning', host: name, message });
  });
}
