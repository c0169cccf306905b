import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import type { Step } from '../../plan/step.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { chosenNodes, nodeSteps, type NodesRequest } from '../access/choose-nodes.js';
import { isDown } from '../../swarm/membership.js';
import type { OperationContext } from '../access/context.js';
import type { FoundNode } from '../access/find-node.js';
import { type GuardedSwarm, safeOrder } from '../access/guard-swarm.js';
import { hostOutcomes } from '../access/host-steps.js';
import type { HostOutcome, NodesResult } from '../access/results.js';
import { underSignal } from '../access/under-signal.js';
import { asNode, withoutNode } from '../steps/become-node.js';
import { givingBackMs } from '../steps/empty-nodes.js';
import { forgetNode, leaveCleanly } from '../steps/leave-swarm.js';
import { moveTasksFirst } from '../steps/move-tasks-first.js';
import { withoutAgent } from '../steps/role-agent.js';

export interface RemoveNodesRequest extends NodesRequest {
  /** Also remove nodes whose hosts do not answer or are not managed by swarmup, or whose tasks have no other node. */
  readonly force: boolean;
}

interface Words {
  readonly title: string;
  readonly done: HostOutcome['status'];
  readonly planned: HostOutcome['status'];
}

/** The same for hosts that leave, in the words of `swarm leave`. */
export const leaveNodes = (context: OperationContext, request: RemoveNodesRequest): Promise<NodesResult> =>
  takeOut(context, request, { title: 'leave', done: 'left', planned: 'would-leave' });

/**
 * Removes nodes from their swarm: if possible, their tasks first start on other nodes; managers are demoted, their
 * hosts leave, and the nodes are removed from the list. The hosts stay as Docker hosts. A node that is Down is only
 * removed from the list. Errors: those of `chosenNodes` and the guardian; LOCKED. Of a node: NODE_NOT_OURS; those of
 * `leaveCleanly`.
 */
export const removeNodes = (context: OperationContext, request: RemoveNodesRequest): Promise<NodesResult> =>
  takeOut(context, request, { title: 'remove', done: 'removed', planned: 'would-remove' });

function takeOut(context: OperationContext, request: RemoveNodesRequest, words: Words): Promise<NodesResult> {
  const { swarm, dryRun, force } = request;
  const plan = (looked: GuardedSwarm): Plan<NodesResult> => {
    const nodes = chosenNodes(looked, request);
    const ids = nodes.map(({ id }) => id);
    const order = safeOrder(looked, ids);
    const records = nodes.flatMap(({ record }) => record ?? []);
    const moving = records.length === 0 ? [] : [tasksStep(context, swarm, records)];
    const leaving = records.map(({ name }) => name);
    const steps = nodeSteps(
      nodes.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id)),
      {
        ...words,
        needs: () => moving.map(({ id }) => id),
        // Each demotion changes what the next may do.
        exclusive: ({ node }) => (node.ManagerStatus === undefined ? undefined : 'managers'),
        act: async (found, { signal, detail }) => {
          await takeOutOne(underSignal(context, signal), looked, found, { swarm, leaving, force, detail });
          return 'changed';
        },
      },
    );
    return {
      steps: [...moving, ...steps],
      guard: [{ swarm, change: { type: 'leave', nodes: ids }, force }],
      result: (outcome) => ({ swarm, dryRun, nodes: hostOutcomes(steps, outcome, { dryRun }) }),
    };
  };
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun });
}

/** Of all services; each has minutes of its own. */
const tasksTimeoutMs = 4 * 60 * 60_000;

const tasksStep = (context: OperationContext, swarm: string, records: readonly MachineRecord[]): Step => ({
  id: 'tasks/move',
  title: 'move the tasks to other nodes',
  needs: [],
  timeoutMs: tasksTimeoutMs,
  graceMs: givingBackMs,
  run: async ({ signal }) => {
    await moveTasksFirst(underSignal(context, signal), swarm, records);
    return 'changed';
  },
});

interface TakeOutOptions {
  readonly swarm: string;
  readonly leaving: readonly string[];
  readonly force: boolean;
  readonly detail: (message: string) => void;
}

async function takeOutOne(
  context: OperationContext,
  { access, nodes }: GuardedSwarm,
  { node, name, record }: FoundNode,
  { swarm, leaving, force, detail }: TakeOutOptions,
): Promise<void> {
  const { signal } = context;
  if (record !== undefined) {
    const other = await leaveCleanly(context, record, leaving, force, detail);
    if (other !== undefined) {
      await context.store.update(record.name, asIs(nodes, other));
      return;
    }
    await context.store.update(record.name, isDown(node) ? removedWhileDown : outOfSwarm);
    if (node.ManagerStatus === undefined) return;
    await withoutAgent(context, swarm, record, detail).catch((error: unknown) => {
      signal.throwIfAborted();
      context.report({ type: 'warning', host: name, message: `the agent is still on the host: ${messageOf(error)}` });
    });
    return;
  }
  if (!isDown(node) && !force) throw notOurs(name);
  await forgetNode(access.engine, node, { name, signal, detail });
}

const plain = { swarm: null, role: null } as const;

/** A host that has left on purpose is a plain Docker host: `swarm join` brings it back. */
const outOfSwarm = (record: MachineRecord): MachineRecord => ({ ...asNode(record, null), ...plain });

/** A host that was joined again by hand keeps its new node; a host in another swarm has no node in this one. */
const asIs =
  (nodes: GuardedSwarm['nodes'], id: string) =>
  (record: MachineRecord): MachineRecord => {
    const node = nodes.find(({ ID }) => ID === id);
    return node === undefined ? outOfSwarm(record) : { ...asNode(record, id), role: node.Spec.Role };
  };

/** One that is Down does not know that it was removed: it has to leave before it joins again. */
const removedWhileDown = (record: MachineRecord): MachineRecord => ({ ...withoutNode(record), ...plain });

const notOurs = (name: string): SwarmupError =>
  new SwarmupError(
    'NODE_NOT_OURS',
    `${name} is Ready, but swarmup does not manage its host and cannot make it leave the swarm`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        'run docker swarm leave on that host, then run this command again',
        '--force removes the node anyway, but its host will not know',
      ],
    },
  );
