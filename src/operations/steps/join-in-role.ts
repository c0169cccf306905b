import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Role } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import { isReached, isVoter, type Membership } from '../../swarm/membership.js';
import { quorumOf } from '../../swarm/quorum.js';
import {
  engineInfo,
  leaveSwarm,
  rewriteNode,
  type SwarmInspection,
  type SwarmNode,
  swarmNodes,
  updateNode,
} from '../../swarm/swarm-api.js';
import { awaitReadyNode, becomeNode, type Joining } from './become-node.js';
import { forgetNode } from './leave-swarm.js';

interface RoleJoin extends Omit<Joining, 'token'> {
  readonly name: string;
  readonly swarm: string;
  /** Of the host. */
  readonly engine: EngineClient;
  /** Of a manager. */
  readonly manager: EngineClient;
  readonly role: Role | null;
  readonly tokens: SwarmInspection['JoinTokens'];
  /** It was made a moment ago: there is nothing in it to lose. */
  readonly isNewSwarm?: boolean;
}

/**
 * Makes the engine of a host that is not in a swarm a node with a role. If the join of a manager fails half-way, the
 * quorum may count a manager that never exists. A swarm that could not survive that gets the host as a worker first,
 * which costs nothing if it fails, and then promotes it. This takes about 10 s more, but a promoted node can try again
 * as the same node. In any other swarm, the join is direct. The remains of a failed join are removed. Errors:
 * JOIN_FAILED, TIMEOUT; MANAGER_UNREACHED; JOIN_HALF_DONE if the join could not be undone; those of the engine.
 */
export async function joinInRole(work: RoleJoin, step: StepContext): Promise<Membership> {
  const { name, engine, manager, role, tokens, advertiseAddr, remoteAddrs } = work;
  const become = (token: string): Promise<Membership> =>
    becomeNode(name, engine, { advertiseAddr, remoteAddrs, token }, step);
  if (role !== 'manager') return become(tokens.Worker);
  const before = await swarmNodes(manager, step.signal);
  const isRisky = work.isNewSwarm !== true && !bearsGhost(before);
  let membership: Membership | undefined;
  try {
    membership = await become(isRisky ? tokens.Worker : tokens.Manager);
    if (isRisky) await promoteNode(manager, { name, nodeId: membership.NodeID }, step);
    return membership;
  } catch (error) {
    step.signal.throwIfAborted();
    // Otherwise it may still come: the next run finds out.
    if (hasFailed(error)) await takeBack(work, { before, nodeId: membership?.NodeID, cause: error }, step);
    throw error;
  }
}

/**
 * Makes a worker a manager, and waits until the others reach it. Errors: MANAGER_UNREACHED: they do not, and no engine
 * makes it a worker again (it demotes only who counts); TIMEOUT; those of the engine.
 */
export async function promoteNode(
  manager: EngineClient,
  { name, nodeId }: { readonly name: string; readonly nodeId: string },
  { signal, detail }: StepContext,
): Promise<void> {
  await awaitReadyNode(manager, { name, nodeId, role: null }, signal);
  detail('promote the node');
  await updateNode(manager, nodeId, (spec) => ({ ...spec, Role: 'manager' }), signal);
  await awaitReadyNode(manager, { name, nodeId, role: 'manager' }, signal).catch((error: unknown) => {
    throw codeOf(error) === 'TIMEOUT' ? unreached(name, error) : error;
  });
  await rewriteNode(manager, nodeId, signal);
}

const unreached = (name: string, cause: unknown): SwarmupError =>
  new SwarmupError('MANAGER_UNREACHED', `${name} was promoted, but the other managers cannot reach it`, {
    host: name,
    hints: [`open port 2377/tcp on ${name} for the other managers, then run this command again`, swarmup`doctor`],
    cause,
  });

/** Whether the swarm keeps its quorum with one manager more that is never there. */
function bearsGhost(nodes: readonly SwarmNode[]): boolean {
  const managers = nodes.filter(isVoter);
  const reachable = managers.filter(isReached).length;
  return reachable >= quorumOf(managers.length + 1);
}

/** The engine itself says that it gave up, or will not be reached either by trying again. */
const hasFailed = (error: unknown): boolean => /^(JOIN_FAILED|MANAGER_UNREACHED|ENGINE_\d+)$/.test(codeOf(error) ?? '');

interface FailedJoin {
  readonly before: readonly SwarmNode[];
  /** undefined: it did not come to that. An engine whose node has failed does not tell it. */
  readonly nodeId: string | undefined;
  readonly cause: unknown;
}

async function takeBack(
  { name, swarm, engine, manager }: RoleJoin,
  { before, nodeId, cause }: FailedJoin,
  { signal, detail }: StepContext,
): Promise<void> {
  detail('undo the failed join');
  try {
    const { Name: hostname, Swarm } = await engineInfo(engine, signal);
    const ghosts = (await swarmNodes(manager, signal)).filter((node) => {
      if (before.some(({ ID }) => ID === node.ID)) return false;
      if (node.ID === (nodeId ?? Swarm.NodeID)) return true;
      // The engine has forgotten its membership; managers join one after another.
      return (
        node.Spec.Role === 'manager' && !isReached(node) && ['', hostname].includes(node.Description.Hostname ?? '')
      );
    });
    for (const ghost of ghosts) await forgetNode(manager, ghost, { name, signal, detail });
    await leaveSwarm(engine, { force: true, signal }).catch((error: unknown) => {
      if (codeOf(error) !== 'ENGINE_503') throw error;
    });
  } catch (error) {
    signal.throwIfAborted();
    throw halfDone(name, swarm, cause, error);
  }
}

const halfDone = (name: string, swarm: string, cause: unknown, trouble: unknown): SwarmupError =>
  new SwarmupError(
    'JOIN_HALF_DONE',
    `${name} did not join (${messageOf(cause)}), and the failed join could not be undone: ${messageOf(trouble)}`,
    {
      host: name,
      hints: [
        `${swarmup`swarm status --swarm ${swarm}`} tells whether the managers still have a quorum`,
        `if not: ${swarmup`swarm recover --swarm ${swarm}`}`,
        `if so: ${swarmup`node ls --prune --swarm ${swarm}`}, in five minutes`,
      ],
      cause,
    },
  );
