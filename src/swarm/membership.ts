import type { EngineInfo, SwarmNode } from './swarm-api.js';

/**
 * The only judge of membership: whether a host is a node, from the managers' view and from its own engine's report.
 * Pure.
 */

/** A node as the managers see it: from the Engine API, or a row that is shown. */
export type SeenNode =
  | Pick<SwarmNode, 'Status' | 'ManagerStatus'>
  | { readonly state: string; /** null: it is no manager. */ readonly reachability?: string | null };

interface Sight {
  readonly state: string;
  readonly reachability: string | null;
  readonly message: string;
}

const sightOf = (node: SeenNode): Sight =>
  'Status' in node
    ? {
        state: node.Status.State,
        reachability: node.ManagerStatus?.Reachability ?? null,
        message: node.Status.Message ?? '',
      }
    : { state: node.state, reachability: node.reachability ?? null, message: '' };

/** The managers hear from the node. A node that is not listed is not Ready. */
export const isReady = (node: SeenNode | undefined): boolean => node !== undefined && sightOf(node).state === 'ready';

/** The managers have given it up. */
export const isDown = (node: SeenNode): boolean => sightOf(node).state === 'down';

/** The managers have not heard from the node: a new leader has not heard from any node yet. */
export const isUnheard = (node: SeenNode): boolean => sightOf(node).state === 'unknown';

/** The node counts for the quorum, whether it is reachable or not, although its role may only be wanted so far. */
export const isVoter = (node: SeenNode | undefined): boolean =>
  node !== undefined && sightOf(node).reachability !== null;

/** A manager that the others reach. */
export const isReached = (node: SeenNode | undefined): boolean =>
  node !== undefined && sightOf(node).reachability === 'reachable';

/** A manager that the others do not reach. */
export const isUnreached = (node: SeenNode): boolean => isVoter(node) && !isReached(node);

/** Ready and, if it is a manager, reached: it does all that its role asks of it. */
export const isWell = (node: SeenNode | undefined): boolean =>
  isReady(node) && node !== undefined && !isUnreached(node);

/**
 * The reason why a node is not healthy, as the rest of a sentence; undefined: the node is healthy. A manager must be
 * reachable, even if the node has only just got the role.
 */
export function nodeTrouble(node: SeenNode | undefined, as?: 'manager'): string | undefined {
  if (node === undefined) return 'the host is not a node';
  const { state, reachability, message } = sightOf(node);
  if (state !== 'ready') return `the state of the node is ${state}${message === '' ? '' : ` (${message})`}`;
  if (as === 'manager' ? !isReached(node) : isUnreached(node))
    return reachability === null ? 'the node is not a manager yet' : `as a manager, the node is ${reachability}`;
  return undefined;
}

/** The swarm state that an engine reports about itself. */
export type Membership = EngineInfo['Swarm'];

/**
 * What an engine takes itself for: `outside` (of every swarm), `joining` (or not sure yet whether its certificate holds),
 * `joined`, `locked` (a manager that needs the unlock key to know), `failed`.
 */
type Belief = 'outside' | 'joining' | 'joined' | 'locked' | 'failed';

const beliefs: Readonly<Record<Membership['LocalNodeState'], Belief>> = {
  inactive: 'outside',
  pending: 'joining',
  active: 'joined',
  locked: 'locked',
  error: 'failed',
  '': 'failed',
};

export const beliefOf = ({ LocalNodeState: state }: Pick<Membership, 'LocalNodeState'>): Belief => beliefs[state];

/** The engine believes that it is a manager. */
export const isManaging = ({ ControlAvailable }: Pick<Membership, 'ControlAvailable'>): boolean => ControlAvailable;

/** The engine's word for its own state, for messages. */
export const ownState = ({ LocalNodeState }: Membership): string => LocalNodeState;

export const isLocked = (own: Membership): boolean => beliefOf(own) === 'locked';

/** The ID of the cluster that an engine manages; undefined: the engine is not a manager, or has no leader. */
export const managedCluster = ({ Cluster, ...own }: Membership): string | undefined =>
  isManaging(own) && Cluster !== undefined && Cluster.ID !== '' ? Cluster.ID : undefined;

/** The engine's report about itself, in its own words if it has some. */
export const beliefText = (own: Membership): string => own.Error || ownState(own);

/**
 * The host was off for longer than its certificate was valid, so neither its engine nor the managers count it as a
 * node.
 */
export const certificateEnded = (own: Membership): boolean =>
  beliefOf(own) === 'failed' && /certificates? ha(?:s|ve) expired|not valid after/i.test(own.Error);
