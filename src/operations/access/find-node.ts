import { type SwarmupError, usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { isReady } from '../../swarm/membership.js';
import type { SwarmNode } from '../../swarm/swarm-api.js';
import { nodeRow } from './swarm-access.js';

export interface FoundNode<N extends SwarmNode = SwarmNode> {
  readonly id: string;
  /** Of its host, where that is one of ours. */
  readonly name: string;
  readonly node: N;
  /** The host that it is; undefined: not one of ours. */
  readonly record: MachineRecord | undefined;
}

interface KnownNodes<N extends SwarmNode> {
  readonly swarm: string;
  readonly nodes: readonly N[];
  readonly machines: readonly MachineRecord[];
}

/**
 * Nodes by host, hostname or ID, each once. A hostname that two nodes have says nothing: a node that left and joined
 * again. Errors: NODE_UNKNOWN, NODE_AMBIGUOUS (exit 2).
 */
export function findNodes<N extends SwarmNode>(
  known: KnownNodes<N>,
  names: readonly string[],
): readonly FoundNode<N>[] {
  const found = names.map((name) => findNode(known, name));
  return found.filter(({ id }, i) => found.findIndex((other) => other.id === id) === i);
}

function findNode<N extends SwarmNode>({ swarm, nodes, machines }: KnownNodes<N>, wanted: string): FoundNode<N> {
  const rows = nodes.map((node) => ({ node, name: nodeRow(node, machines).name }));
  const exact = rows.filter(({ node, name }) => node.ID === wanted || name === wanted);
  const named = exact.length > 0 ? exact : rows.filter(({ node }) => node.Description.Hostname === wanted);
  // One of ours is meant rather than the Down one that it was before.
  const alive = named.length > 1 ? named.filter(({ node }) => isReady(node)) : named;
  const [found, ...others] = alive.length > 0 ? alive : named;
  if (found === undefined) throw unknown(swarm, wanted, [...new Set(rows.map(({ name }) => name))]);
  if (others.length > 0)
    throw ambiguous(
      wanted,
      [found, ...others].map(({ node }) => node),
    );
  const { node, name } = found;
  return { id: node.ID, name, node, record: machines.find(({ nodeId }) => nodeId === node.ID) };
}

const ambiguous = (wanted: string, alike: readonly SwarmNode[]): SwarmupError =>
  usageError(
    'NODE_AMBIGUOUS',
    `${alike.length} nodes are named ${wanted}`,
    `name one of them by its ID: ${alike.map(({ ID }) => ID).join(', ')}`,
  );

function unknown(swarm: string, wanted: string, names: readonly string[]): SwarmupError {
  const meant = nearest(wanted, names);
  return usageError(
    'NODE_UNKNOWN',
    `there is no node ${wanted} in the swarm`,
    ...(meant.length > 0 ? [`did you mean ${meant.join(' or ')}?`] : []),
    `${swarmup`node ls ${inSwarm(swarm)}`} shows them`,
  );
}
