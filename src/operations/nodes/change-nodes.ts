import type { Plan } from '../../plan/plan.js';
import { updateNode, type SwarmNode } from '../../swarm/swarm-api.js';
import { withoutMark } from '../../swarm/upgrade-mark.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { type NodesRequest, chosenNodes, nodeSteps } from '../access/choose-nodes.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { hostOutcomes } from '../access/host-steps.js';
import type { HostOutcome, NodesResult } from '../access/results.js';

interface UpdateNodesRequest extends NodesRequest {
  /** `key` to `value`. */
  readonly addLabels: Readonly<Record<string, string>>;
  readonly removeLabels: readonly string[];
  readonly availability: SwarmNode['Spec']['Availability'] | undefined;
  /** Drain even if some tasks then have no node to run on. */
  readonly force: boolean;
}

/** Lets nodes take tasks again. Errors: those of `chosenNodes` and the guardian; LOCKED. */
export const activateNodes = (context: OperationContext, request: NodesRequest): Promise<NodesResult> =>
  changeSpecs(context, request, {
    words: { title: 'activate', done: 'activated', planned: 'would-activate' },
    change: (spec) => ({ ...withoutMark(spec), Availability: 'active' }),
  });

/** Changes labels and availability of nodes. Errors: those of `chosenNodes` and the guardian; LOCKED. */
export const updateNodes = (context: OperationContext, request: UpdateNodesRequest): Promise<NodesResult> =>
  changeSpecs(context, request, {
    words: { title: 'update', done: 'updated', planned: 'would-update' },
    change: (spec) => updatedSpec(spec, request),
    ...(request.availability === 'drain' && { drains: { force: request.force } }),
  });

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
  readonly words: {
    readonly title: string;
    readonly done: HostOutcome['status'];
    readonly planned: HostOutcome['status'];
  };
  readonly change: (spec: SwarmNode['Spec']) => SwarmNode['Spec'];
  /** The guardian is asked whether the nodes may be drained. */
  readonly drains?: { readonly force: boolean };
}

function changeSpecs(
  context: OperationContext,
  request: NodesRequest,
  { words, change, drains }: SpecChange,
): Promise<NodesResult> {
  const { swarm, dryRun } = request;
  const plan = (looked: GuardedSwarm): Plan<NodesResult> => {
    const nodes = chosenNodes(looked, request);
    const active = nodes.filter(({ node }) => node.Spec.Availability === 'active').map(({ id }) => id);
    const steps = nodeSteps(nodes, {
      ...words,
      look: ({ node: { Spec } }) => (JSON.stringify(change(Spec)) === JSON.stringify(Spec) ? 'unchanged' : 'changed'),
      act: ({ id }, { signal }) => updateNode(looked.access.engine, id, change, signal),
    });
    return {
      steps,
      ...(drains !== undefined && { guard: [{ swarm, change: { type: 'drain', nodes: active }, ...drains }] }),
      result: (outcome) => ({ swarm, dryRun, nodes: hostOutcomes(steps, outcome, { dryRun }) }),
    };
  };
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun });
}
