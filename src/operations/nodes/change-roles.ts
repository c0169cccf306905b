import { waitFor } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { Role } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { StepContext } from '../../plan/step.js';
import { beliefOf, isManaging, isReached, isReady, isVoter, nodeTrouble, ownState } from '../../swarm/membership.js';
import { engineInfo, rewriteNode, swarmNode, updateNode } from '../../swarm/swarm-api.js';
import { carryOut, type CarryOutOptions, swarmLock } from '../access/carry-out.js';
import { chosenNodes, nodeSteps, type NodesRequest } from '../access/choose-nodes.js';
import type { OperationContext } from '../access/context.js';
import type { FoundNode } from '../access/find-node.js';
import { type GuardedSwarm, safeOrder } from '../access/guard-swarm.js';
import { hostOutcomes, type HostStep } from '../access/host-steps.js';
import type { NodesResult } from '../access/results.js';
import { hostEngine, openSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { certifiedRole } from '../steps/node-certificates.js';
import { withAgent, withoutAgent } from '../steps/role-agent.js';

/**
 * Makes workers managers, one after another, each once the others reach the one before. Their hosts get the agent, as
 * `create` would have given it to them. Errors: those of `chosenNodes` and the guardian; LOCKED. Of a node: TIMEOUT.
 */
export const promoteNodes = (context: OperationContext, request: NodesRequest): Promise<NodesResult> =>
  changeRoles(context, request, 'manager');

/**
 * Makes managers workers, one after another, the leader last, and takes the agent off their hosts; resolves once they
 * know it themselves. A change that would cost the quorum is refused before anything is done.
 * Errors: those of `chosenNodes` and the guardian; LOCKED.
 */
export const demoteNodes = (context: OperationContext, request: NodesRequest): Promise<NodesResult> =>
  changeRoles(context, request, 'worker');

const words = {
  manager: { title: 'promote', done: 'promoted', planned: 'would-promote' },
  worker: { title: 'demote', done: 'demoted', planned: 'would-demote' },
} as const;

/** `promoteNodes` or `demoteNodes`; `locked`: the caller holds the lock of the swarm. */
export function changeRoles(
  context: OperationContext,
  request: NodesRequest,
  role: Role,
  { locked }: Pick<CarryOutOptions, 'locked'> = {},
): Promise<NodesResult> {
  const { swarm, dryRun } = request;
  const plan = (looked: GuardedSwarm): Plan<NodesResult> => {
    const nodes = chosenNodes(looked, request);
    const changing = nodes.filter(({ node }) => !isAlready(role, node));
    const ids = changing.map(({ id }) => id);
    const safe = safeOrder(looked, ids);
    const rank = ({ id }: FoundNode): number => safe.indexOf(id);
    const except = role === 'manager' ? [] : changing.flatMap(({ record }) => record?.name ?? []);
    const steps = roleSteps(
      nodes.toSorted((a, b) => rank(a) - rank(b)),
      { context, swarm, except, role },
    );
    const order = nodes.map(({ name }) => name);
    return {
      steps,
      guard: [{ swarm, change: { type: words[role].title, nodes: ids } }],
      result: (outcome) => {
        const outcomes = hostOutcomes(steps, outcome, { dryRun });
        return { swarm, dryRun, nodes: outcomes.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name)) };
      },
    };
  };
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun, locked });
}

interface RoleWork {
  readonly context: OperationContext;
  readonly swarm: string;
  /** Hosts that are managers no longer than this takes: they are not asked. */
  readonly except: readonly string[];
  readonly role: Role;
}

/** One after another the nodes; what their hosts need afterwards keeps none of them waiting. */
function roleSteps(nodes: readonly FoundNode[], work: RoleWork): readonly HostStep[] {
  const isOpen = ({ node }: FoundNode): boolean => !isAlready(work.role, node);
  const own = (step: StepContext): RoleWork => ({ ...work, context: underSignal(work.context, step.signal) });
  const changing = nodeSteps(nodes, {
    ...words[work.role],
    exclusive: () => 'roles',
    look: (found) => (isOpen(found) ? 'changed' : 'unchanged'),
    act: async (found, step) => {
      if (!isOpen(found)) return 'unchanged';
      await changeRole(own(step), found, step.detail);
      return 'changed';
    },
  });
  const following = nodeSteps(nodes.filter(isOpen), {
    ...words[work.role],
    title: 'adapt the agent to the new role',
    needs: (name) => [`${name}/${words[work.role].title}`],
    act: async (found, step) => {
      if (work.role === 'worker') await awaitSelfKnown(own(step).context, found, step.detail);
      await followRole(own(step), found, step.detail);
      return 'changed';
    },
  });
  return [...changing, ...following];
}

/** The spec is not enough: after a recovery by hand, a manager that comes back is not a manager for a while. */
const isAlready = (role: Role, node: FoundNode['node']): boolean =>
  node.Spec.Role === role && (role === 'manager' ? isReached(node) : !isVoter(node));

/** Raft takes about 11 s until a new manager is reachable; a demoted leader hands over in less than one. */
async function changeRole(
  { context, swarm, except, role }: RoleWork,
  { id, name }: FoundNode,
  detail: (message: string) => void,
): Promise<void> {
  const { engine } = await openSwarm(context, swarm, { except });
  await updateNode(engine, id, (spec) => ({ ...spec, Role: role }), context.signal);
  const what = role === 'manager' ? `the other managers to reach ${name}` : `${name} to be a worker`;
  detail(`wait for ${what}`);
  await waitFor({ timeoutMs: 60_000, what, host: name, signal: context.signal, intervalMs: 200 }, async (signal) => {
    const node = await swarmNode(engine, id, signal);
    if (role === 'worker' ? !isVoter(node) : isReached(node)) return true;
    throw new Error(nodeTrouble(node, role === 'manager' ? role : undefined) ?? 'the node is still a manager');
  });
  // From now on the swarm can be recovered from this one, too, when the other one of two managers is lost.
  if (role === 'manager') await rewriteNode(engine, id, context.signal);
}

const selfKnownMs = 2 * 60_000;

/**
 * Waits until the engine of a demoted manager also knows its new role: it gets a new certificate seconds later and then
 * stops acting as a manager. An engine that restarts earlier believes that it is a manager, gets no answers, and stays
 * Down. A host that is Down is not asked.
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
    const { Swarm: own } = await engineInfo(hostEngine(context, record), signal);
    const isManager = isManaging(own) || (await certifiedRole(context, record, signal)) === 'manager';
    if (beliefOf(own) === 'joined' && !isManager) return true;
    throw new Error(`the node is ${ownState(own)} and ${isManager ? 'still a manager' : 'not a manager'}`);
  }).catch((error: unknown) => {
    context.signal.throwIfAborted();
    context.report({
      type: 'warning',
      host: name,
      message: `${messageOf(error)}; do not restart the engine of the host yet`,
    });
  });
}

/** The record of the host, and the agent on it, follow the role of the node. */
async function followRole(
  { context, swarm, role }: RoleWork,
  { record, name }: FoundNode,
  detail: (message: string) => void,
): Promise<void> {
  if (record === undefined) return;
  const updated = await context.store.update(record.name, (current) => ({ ...current, role }));
  const follow = role === 'manager' ? withAgent : withoutAgent;
  await follow(context, swarm, updated, detail).catch((error: unknown) => {
    context.signal.throwIfAborted();
    const verb = role === 'manager' ? 'install' : 'remove';
    const message = `${messageOf(error)}; later: ${swarmup`agent ${verb} ${inSwarm(swarm)} ${name}`}`;
    context.report({ type: 'warning', host: name, message });
  });
}
