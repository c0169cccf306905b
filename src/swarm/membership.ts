import type { EngineInfo, SwarmNode } from './swarm-api.js';

/**
 * The one judge of membership: what it means that a host is a node, from what the managers see of it and from what its
 * own engine says. Pure.
 */

/** What managers see of a node: one of the Engine API, or a row that is shown. */
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

/** The managers hear from it. What is not listed is not Ready. */
export const isReady = (node: SeenNode | undefined): boolean => node !== undefined && sightOf(node).state === 'ready';

/** The managers have given it up. */
export const isDown = (node: SeenNode): boolean => sightOf(node).state === 'down';

/** The managers have not heard from it: one that has just begun to lead knows of no node yet. */
export const isUnheard = (node: SeenNode): boolean => sightOf(node).state === 'unknown';

/** It counts for the quorum, whether it is reached or not: its role may be wanted only. */
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
 * Why a node is not well, as the rest of a sentence; undefined: it is. As a manager it must be reached, even where it is
 * none yet.
 */
export function nodeTrouble(node: SeenNode | undefined, as?: 'manager'): string | undefined {
  if (node === undefined) return 'the host is not a node';
  const { state, reachability, message } = sightOf(node);
  if (state !== 'ready') return `the state of the node is ${state}${message === '' ? '' : ` (${message})`}`;
  if (as === 'manager' ? !isReached(node) : isUnreached(node))
    return reachability === null ? 'the node is not a manager yet' : `as a manager, the node is ${reachability}`;
  return undefined;
}

/** What an engine says of itself. */
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

/** It takes itself for a manager. */
export const isManaging = ({ ControlAvailable }: Pick<Membership, 'ControlAvailable'>): boolean => ControlAvailable;

/** The engine's word for its own state, for messages. */
export const ownState = ({ LocalNodeState }: Membership): string => LocalNodeState;

export const isLocked = (own: Membership): boolean => beliefOf(own) === 'locked';

/** The ID of the cluster that an engine manages; undefined: it is no manager, or one without a leader. */
export const managedCluster = ({ Cluster, ...own }: Membership): string | undefined =>
  isManaging(own) && Cluster !== undefined && Cluster.ID !== '' ? Cluster.ID : undefined;

/** What an engine says of itself, in its own words where it has some. */
export const beliefText = (own: Membership): string => own.Error || ownState(own);

/** It was off for longer than its certificate held: it takes itself for no node, and nobody else does. */
export const certificateEnded = (own: Membership): boolean =>
  beliefOf(own) === 'failed' && /certificates? ha(?:s|ve) expired|not valid after/i.test(own.Error);
