import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { isDown } from '../../swarm/membership.js';
import type { OperationContext } from '../access/context.js';
import { eachHost } from '../access/each-host.js';
import type { FoundNode } from '../access/find-node.js';
import { guardSwarm, type GuardedSwarm } from '../access/guard-swarm.js';
import { inTurn } from '../access/in-turn.js';
import { forgetNode, leaveCleanly } from '../steps/leave-swarm.js';
import { moveTasksFirst } from '../steps/move-tasks-first.js';
import { asNode, withoutNode } from '../steps/become-node.js';
import type { HostOutcome, NodesResult } from '../access/results.js';
import { withoutAgent } from '../steps/role-agent.js';
import { chosenNodes, lockedUnlessDry, type NodesRequest } from '../access/choose-nodes.js';

export interface RemoveNodesRequest extends NodesRequest {
  /** Also nodes whose hosts do not answer or are not ours, and when tasks have no other place. */
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
 * Takes nodes out of their swarm: their tasks run elsewhere first where that can be, managers are demoted, their hosts
 * leave, and the managers forget them. The hosts stay, as Docker hosts. What is Down is only forgotten.
 * Errors: those of `chosenNodes` and the guardian; LOCKED. Of a node: NODE_NOT_OURS; those of `leaveCleanly`.
 */
export const removeNodes = (context: OperationContext, request: RemoveNodesRequest): Promise<NodesResult> =>
  takeOut(context, request, { title: 'remove', done: 'removed', planned: 'would-remove' });

function takeOut(context: OperationContext, request: RemoveNodesRequest, words: Words): Promise<NodesResult> {
  return lockedUnlessDry(context, request, async () => {
    const { looked, nodes } = await chosenNodes(context, request);
    return takeOutFound(context, request, { looked, nodes, words });
  });
}

interface Taking {
  readonly looked: GuardedSwarm;
  readonly nodes: readonly FoundNode[];
  readonly words: Words;
}

async function takeOutFound(
  context: OperationContext,
  { swarm, dryRun, force }: RemoveNodesRequest,
  { looked, nodes, words }: Taking,
): Promise<NodesResult> {
  const change = { type: 'leave', nodes: nodes.map(({ id }) => id) } as const;
  const { verdict } = await guardSwarm(context, swarm, change, { force, access: looked.access });
  const records = nodes.flatMap(({ record }) => record ?? []);
  if (!dryRun) await moveTasksFirst(context, swarm, records);
  const sorted = [...nodes].sort((a, b) => verdict.order.indexOf(a.id) - verdict.order.indexOf(b.id));
  const turn = inTurn();
  const outcomes = await eachHost(
    context,
    sorted.map(({ name, id }) => (isTwin(nodes, name) ? id : name)),
    words.title,
    async (name, detail) => {
      const found = nodes.find((node) => node.id === name || node.name === name);
      if (found === undefined) throw new Error(`no node ${name}`);
      if (dryRun) return words.planned;
      const leaving = records.map((record) => record.name);
      const work = (): Promise<void> => takeOutOne(context, looked, found, { swarm, leaving, force, detail });
      // Each demotion changes what the next may do.
      await (found.node.ManagerStatus === undefined ? work() : turn(work));
      return words.done;
    },
  );
  return { swarm, dryRun, nodes: outcomes };
}

/** Two nodes of one name are named by their IDs. */
const isTwin = (nodes: readonly FoundNode[], name: string): boolean =>
  nodes.filter((other) => other.name === name).length > 1;

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
  signal.throwIfAborted();
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
      context.report({ type: 'warning', host: name, message: `the agent is still there: ${messageOf(error)}` });
    });
    return;
  }
  if (!isDown(node) && !force) throw notOurs(name);
  await forgetNode(access.engine, node, { name, signal, detail });
}

const plain = { swarm: null, role: null } as const;

/** A host that has left on purpose is a plain Docker host: `swarm join` brings it back. */
const outOfSwarm = (record: MachineRecord): MachineRecord => ({ ...asNode(record, null), ...plain });

/** A host that had joined again by hand stays the node that it is; in another swarm it is none of ours. */
const asIs =
  (nodes: GuardedSwarm['nodes'], id: string) =>
  (record: MachineRecord): MachineRecord => {
    const node = nodes.find(({ ID }) => ID === id);
    return node === undefined ? outOfSwarm(record) : { ...asNode(record, id), role: node.Spec.Role };
  };

/** One that is Down does not know that it was removed: it has to leave before it joins again. */
const removedWhileDown = (record: MachineRecord): MachineRecord => ({ ...withoutNode(record), ...plain });

const notOurs = (name: string): SwarmupError =>
  new SwarmupError('NODE_NOT_OURS', `${name} is Ready, and no host that swarmup manages: it cannot be made to leave`, {
    exitCode: exitCodes.preflight,
    hints: ['docker swarm leave, on that host, then again', '--force forgets it all the same; it will not know'],
  });
