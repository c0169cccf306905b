import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { beliefOf, isReached, isReady, type Membership, nodeTrouble, ownState } from '../../swarm/membership.js';
import { engineInfo, joinSwarm, swarmNode, updateNode } from '../../swarm/swarm-api.js';

export interface Joining {
  readonly advertiseAddr: string;
  /** Of managers. */
  readonly remoteAddrs: readonly string[];
  readonly token: string;
}

/** Makes the engine of a host that is not in a swarm a node. Errors: JOIN_FAILED, TIMEOUT; those of the engine. */
export async function becomeNode(
  name: string,
  engine: EngineClient,
  joining: Joining,
  { signal, detail }: StepContext,
): Promise<Membership> {
  try {
    await joinSwarm(engine, { ...joining, signal });
  } catch (error) {
    // The engine gave up waiting after 20 s, not trying.
    if (!messageOf(error).includes('Timeout was reached before node joined')) throw error;
    detail('the engine keeps trying to join');
  }
  const membership = await settledMembership(
    name,
    engine,
    (own) => beliefOf(own) === 'failed' || (beliefOf(own) === 'joined' && own.NodeID !== ''),
    signal,
  );
  if (beliefOf(membership) === 'failed') throw joinFailed(name, membership.Error);
  return membership;
}

/** The membership of a host when it is no longer changing, as the engine reports it. Errors: TIMEOUT. */
export async function settledMembership(
  name: string,
  engine: EngineClient,
  isSettled: (membership: Membership) => boolean,
  signal: AbortSignal,
): Promise<Membership> {
  const deadline = { timeoutMs: 60_000, what: `${name} to become a node`, host: name, signal, intervalMs: 50 };
  return waitFor(deadline, async (waiting) => {
    const { Swarm } = await engineInfo(engine, waiting);
    if (isSettled(Swarm)) return Swarm;
    throw new Error(`the state of the node is ${ownState(Swarm)}${Swarm.Error === '' ? '' : ` (${Swarm.Error})`}`);
  });
}

export function joinFailed(name: string, trouble: string): SwarmupError {
  return new SwarmupError('JOIN_FAILED', `the swarm node on ${name} has failed: ${trouble}`, {
    host: name,
    hints: [`${swarmup`ssh ${name} -- docker swarm leave --force`}, then run this again`],
  });
}

/**
 * Waits until the managers see a node as Ready (and can reach a manager), then adds the label of swarmup. Errors:
 * TIMEOUT.
 */
export async function awaitReadyNode(
  engine: EngineClient,
  { name, nodeId, role }: { readonly name: string; readonly nodeId: string; readonly role: Role | null },
  signal: AbortSignal,
): Promise<StepChange> {
  const deadline = { timeoutMs: 60_000, what: `${name} to be Ready`, host: name, signal, intervalMs: 50 };
  await waitFor(deadline, async (waiting) => {
    const node = await swarmNode(engine, nodeId, waiting);
    const isThere = isReady(node) && (role !== 'manager' || isReached(node));
    if (isThere) return true;
    throw new Error(nodeTrouble(node, role === 'manager' ? 'manager' : undefined));
  });
  const labels = { 'swarmup.managed': 'true' };
  return updateNode(engine, nodeId, (spec) => ({ ...spec, Labels: { ...spec.Labels, ...labels } }), signal);
}

/** The host was made again since it was this node, so it is to leave what it was, and to join as a new node. */
export const isMadeAgain = ({ nodeId, advertiseAddr }: MachineRecord): boolean =>
  nodeId !== null && advertiseAddr === null;

/** Marks a host as one that its swarm has left out. */
export const withoutNode = (record: MachineRecord): MachineRecord => ({
  ...record,
  nodeId: null,
  ...(record.nodeId !== null && { formerNodeId: record.nodeId }),
});

/** Marks a host as a node of its swarm; null: the host is not a node, and no old membership is left to remove. */
export function asNode(record: MachineRecord, nodeId: string | null): MachineRecord {
  const { formerNodeId, ...rest } = record;
  return { ...(formerNodeId === undefined ? record : rest), nodeId };
}
