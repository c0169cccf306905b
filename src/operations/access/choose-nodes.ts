import type { StepChange, StepContext } from '../../plan/step.js';
import { findNodes, type FoundNode } from './find-node.js';
import type { GuardedSwarm } from './guard-swarm.js';
import { type HostStep, type HostStepOptions, hostSteps } from './host-steps.js';

export interface NodesRequest {
  readonly swarm: string;
  /** Hosts, hostnames or node IDs. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
}

/** The nodes that are meant; two of one name are named by their IDs. Errors: NODE_UNKNOWN, NODE_AMBIGUOUS (exit 2). */
export function chosenNodes(looked: GuardedSwarm, { swarm, names }: NodesRequest): readonly FoundNode[] {
  const found = findNodes({ ...looked, swarm }, names);
  const isTwin = ({ name }: FoundNode): boolean => found.filter((other) => other.name === name).length > 1;
  return found.map((node) => (isTwin(node) ? { ...node, name: node.id } : node));
}

interface NodeStepOptions extends Omit<HostStepOptions, 'exclusive' | 'act' | 'look'> {
  readonly exclusive?: (node: FoundNode) => string | undefined;
  readonly act: (node: FoundNode, step: StepContext) => Promise<StepChange>;
  /** For a dry run: whether there is something to do. Default: there is. */
  readonly look?: (node: FoundNode) => StepChange;
}

/** `hostSteps` for nodes of `chosenNodes`. */
export function nodeSteps(
  nodes: readonly FoundNode[],
  { exclusive, act, look = () => 'changed', ...words }: NodeStepOptions,
): readonly HostStep[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const nodeOf = (name: string): FoundNode => {
    const node = byName.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  };
  return hostSteps([...byName.keys()], {
    ...words,
    ...(exclusive !== undefined && { exclusive: (name) => exclusive(nodeOf(name)) }),
    act: (name, step) => act(nodeOf(name), step),
    look: (name) => Promise.resolve(look(nodeOf(name))),
  });
}
