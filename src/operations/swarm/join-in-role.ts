import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import type { Role } from '../../machine/machine-record.js';
import type { StepContext } from '../../plan/step.js';
import { quorumOf } from '../../swarm/quorum.js';
import {
  engineInfo,
  leaveSwarm,
  type SwarmInspection,
  type SwarmNode,
  swarmNodes,
  updateNode,
} from '../../swarm/swarm-api.js';
import { awaitReadyNode, becomeNode, type Joining, type Membership } from './become-node.js';
import { forgetNode } from './leave-swarm.js';

export interface RoleJoin extends Omit<Joining, 'token'> {
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
 * Makes the engine of a host, which is in no swarm, a node in a role. A manager whose join fails half-way may be counted
 * for the quorum without ever being there. A swarm that could not bear that gets it as a worker first, which costs
 * nothing when it fails, and promotes it: some 10 s more, but a promoted node tries again as the same one. In any other
 * the join is quick, and what a failed one leaves behind is removed.
 * Errors: JOIN_FAILED, TIMEOUT; JOIN_HALF_DONE when it could not be taken back; those of the engine.
 */
export async function joinInRole(work: RoleJoin, step: StepContext): Promise<Membership> {
  const { name, engine, manager, role, tokens, advertiseAddr, remoteAddrs } = work;
  const become = (token: string): Promise<Membership> =>
    becomeNode(name, engine, { advertiseAddr, remoteAddrs, token }, step);
  if (role !== 'manager') return become(tokens.Worker);
  const before = await swarmNodes(manager, step.signal);
  if (work.isNewSwarm !== true && !bearsGhost(before)) {
    const membership = await become(tokens.Worker);
    await promoteNode(manager, { name, nodeId: membership.NodeID }, step);
    return membership;
  }
  try {
    return await become(tokens.Manager);
  } catch (error) {
    step.signal.throwIfAborted();
    // Otherwise it may still come: the next run finds out.
    if (hasFailed(error)) await takeBack(work, before, error, step);
    throw error;
  }
}

/**
 * Makes a worker a manager, and waits until the others reach it; one that they do not reach stays a worker.
 * Errors: TIMEOUT; those of the engine.
 */
export async function promoteNode(
  manager: EngineClient,
  { name, nodeId }: { readonly name: string; readonly nodeId: string },
  { signal, detail }: StepContext,
): Promise<void> {
  await awaitReadyNode(manager, { name, nodeId, role: null }, signal);
  detail('promote it');
  const asRole = (role: Role, until: AbortSignal): Promise<unknown> =>
    updateNode(manager, nodeId, (spec) => ({ ...spec, Role: role }), until);
  await asRole('manager', signal);
  try {
    await awaitReadyNode(manager, { name, nodeId, role: 'manager' }, signal);
  } catch (error) {
    signal.throwIfAborted();
    await asRole('worker', AbortSignal.timeout(30_000)).catch(() => undefined);
    throw error;
  }
}

/** Whether the swarm keeps its quorum with one manager more that is never there. */
function bearsGhost(nodes: readonly SwarmNode[]): boolean {
  const managers = nodes.filter(({ ManagerStatus }) => ManagerStatus !== undefined);
  const reachable = managers.filter(({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable').length;
  return reachable >= quorumOf(managers.length + 1);
}

/** The engine itself says that it gave up. */
const hasFailed = (error: unknown): boolean => /^(JOIN_FAILED|ENGINE_\d+)$/.test(codeOf(error) ?? '');

async function takeBack(
  { name, swarm, engine, manager }: RoleJoin,
  before: readonly SwarmNode[],
  cause: unknown,
  { signal, detail }: StepContext,
): Promise<void> {
  detail('it failed: take back what is left of it');
  try {
    const { NodeID: own } = (await engineInfo(engine, signal)).Swarm;
    // Managers join one after another: one that is new and has never said its name is that of this join.
    const ghosts = (await swarmNodes(manager, signal)).filter(
      ({ ID, Spec, Description }) =>
        Spec.Role === 'manager' &&
        !before.some((node) => node.ID === ID) &&
        (ID === own || (Description.Hostname ?? '') === ''),
    );
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
    `${name} did not join (${messageOf(cause)}), and what is left of it cannot be taken back: ${messageOf(trouble)}`,
    {
      host: name,
      hints: [
        `swarmup swarm status --swarm ${swarm} tells whether the managers still have a quorum`,
        `if not: swarmup swarm recover --swarm ${swarm}`,
        `if so: swarmup node ls --prune --swarm ${swarm}, in five minutes`,
      ],
      cause,
    },
  );
