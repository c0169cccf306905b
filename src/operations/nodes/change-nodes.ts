import { updateNode, type SwarmNode } from '../../swarm/swarm-api.js';
import { withoutMark } from '../../swarm/upgrade-mark.js';
import type { OperationContext } from '../context.js';
import { eachHost } from '../each-host.js';
import { findNodes, type FoundNode } from './find-node.js';
import { guardSwarm, type GuardedSwarm } from '../swarm/guard-swarm.js';
import { lockHosts } from '../lock-hosts.js';
import type { HostOutcome, NodesResult } from '../results.js';

export interface NodesRequest {
  readonly swarm: string;
  /** Hosts, hostnames or node IDs. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
}

export interface UpdateNodesRequest extends NodesRequest {
  /** `key` to `value`. */
  readonly addLabels: Readonly<Record<string, string>>;
  readonly removeLabels: readonly string[];
  readonly availability: SwarmNode['Spec']['Availability'] | undefined;
  /** Drain also when tasks then have no place to run. */
  readonly force: boolean;
}

/** While nobody else changes the swarm; a dry run changes nothing and locks nothing. Errors: LOCKED (exit 5). */
export function lockedUnlessDry<T>(
  context: OperationContext,
  { swarm, dryRun }: Pick<NodesRequest, 'swarm' | 'dryRun'>,
  work: () => Promise<T>,
): Promise<T> {
  return dryRun ? work() : lockHosts(context, [{ name: '', swarm }], 10 * 60_000, work);
}

/** The nodes that are meant, of a swarm that can be changed. Errors: NODE_UNKNOWN, NODE_AMBIGUOUS; of `guardSwarm`. */
export async function chosenNodes(
  context: OperationContext,
  { swarm, names }: NodesRequest,
): Promise<{ readonly looked: GuardedSwarm; readonly nodes: readonly FoundNode[] }> {
  const looked = await guardSwarm(context, swarm, { type: 'write' });
  return { looked, nodes: findNodes(looked, names) };
}

/** Lets nodes take tasks again. Errors: those of `chosenNodes`; LOCKED. */
export async function activateNodes(context: OperationContext, request: NodesRequest): Promise<NodesResult> {
  const words = { title: 'activate', done: 'activated', planned: 'would-activate' } as const;
  return lockedUnlessDry(context, request, async () => {
    const { looked, nodes } = await chosenNodes(context, request);
    return changeSpecs(context, request, { looked, nodes, words }, (spec) => ({
      ...withoutMark(spec),
      Availability: 'active',
    }));
  });
}

/** Changes labels and availability of nodes. Errors: those of `chosenNodes`; of the guardian when it drains; LOCKED. */
export async function updateNodes(context: OperationContext, request: UpdateNodesRequest): Promise<NodesResult> {
  const { swarm, availability, force } = request;
  const words = { title: 'update', done: 'updated', planned: 'would-update' } as const;
  return lockedUnlessDry(context, request, async () => {
    const { looked, nodes } = await chosenNodes(context, request);
    const draining = nodes.filter(({ node }) => node.Spec.Availability === 'active').map(({ id }) => id);
    if (availability === 'drain')
      await guardSwarm(context, swarm, { type: 'drain', nodes: draining }, { force, access: looked.access });
    return changeSpecs(context, request, { looked, nodes, words }, (spec) => updatedSpec(spec, request));
  });
}

function updatedSpec(spec: SwarmNode['Spec'], request: UpdateNodesRequest): SwarmNode['Spec'] {
  const { addLabels, removeLabels, availability } = request;
  const asked = availability === undefined ? spec : withoutMark(spec);
  const kept = Object.entries(asked.Labels ?? {}).filter(([key]) => !removeLabels.includes(key));
  return {
    ...spec,
    Labels: { ...Object.fromEntries(kept), ...addLabels },
    ...(availability !== undefined && { Availability: availability }),
  };
}

interface SpecChange {
  readonly looked: GuardedSwarm;
  readonly nodes: readonly FoundNode[];
  readonly words: {
    readonly title: string;
    readonly done: HostOutcome['status'];
    readonly planned: HostOutcome['status'];
  };
}

async function changeSpecs(
  context: OperationContext,
  { swarm, dryRun }: NodesRequest,
  { looked, nodes, words }: SpecChange,
  change: (spec: SwarmNode['Spec']) => SwarmNode['Spec'],
): Promise<NodesResult> {
  const names = nodes.map(({ name }) => name);
  const outcomes = await eachHost(context, names, words.title, async (name) => {
    const found = nodes.find((other) => other.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    if (dryRun)
      return JSON.stringify(change(found.node.Spec)) === JSON.stringify(found.node.Spec) ? 'unchanged' : words.planned;
    const changed = await updateNode(looked.access.engine, found.id, change, context.signal);
    return changed === 'changed' ? words.done : 'unchanged';
  });
  return { swarm, dryRun, nodes: outcomes };
}
