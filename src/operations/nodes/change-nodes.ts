import { updateNode, type SwarmNode } from '../../swarm/swarm-api.js';
import { withoutMark } from '../../swarm/upgrade-mark.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import type { FoundNode } from '../access/find-node.js';
import { guardSwarm, type GuardedSwarm } from '../access/guard-swarm.js';
import type { HostOutcome, NodesResult } from '../access/results.js';
import { type NodesRequest, lockedUnlessDry, chosenNodes } from '../access/choose-nodes.js';

interface UpdateNodesRequest extends NodesRequest {
  /** `key` to `value`. */
  readonly addLabels: Readonly<Record<string, string>>;
  readonly removeLabels: readonly string[];
  readonly availability: SwarmNode['Spec']['Availability'] | undefined;
  /** Drain also when tasks then have no place to run. */
  readonly force: boolean;
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
