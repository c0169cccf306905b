import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { isWell } from '../../swarm/membership.js';
import { swarmNode, updateNode } from '../../swarm/swarm-api.js';
import { givenBack, withMark } from '../../swarm/upgrade-mark.js';
import { listServices, listTasks } from '../../swarm/workload-api.js';
import { replicasOf } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
import { awaitBack } from '../steps/engine-steps.js';
import { type EmptyNodesWork, emptyNodes, planNodesEmptying } from '../steps/empty-nodes.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { awaitSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import type { HostUpgrade } from '../steps/upgrade-host.js';

/** A node of the swarm whose engine is to be upgraded. */
export interface NodeToUpgrade {
  readonly id: string;
  readonly name: string;
  readonly record: MachineRecord;
  readonly upgrade: HostUpgrade;
}

/** Nodes whose engines are upgraded at once. */
export interface Batch {
  readonly swarm: string;
  readonly nodes: readonly NodeToUpgrade[];
  /** Continue even if the swarm has no quorum in the meantime. */
  readonly force: boolean;
  /** The global services that ran on all of the nodes, once these have been emptied; the first that begins does it. */
  emptied?: Promise<ReadonlySet<string>>;
}

/**
 * Upgrades a node of a batch: the tasks of all of them run elsewhere first, then they are drained; it is upgraded, is
 * back in the swarm, and gets its availability back. When it goes wrong, a node that is not back stays drained, any
 * other is as it was. Errors: those of `guardSwarm`, `emptyNodes` and `HostUpgrade.apply`; TIMEOUT.
 */
export async function upgradeNode(
  context: OperationContext,
  batch: Batch,
  node: NodeToUpgrade,
  { signal, detail }: StepContext,
): Promise<StepChange> {
  const own = underSignal(context, signal);
  const { swarm } = batch;
  const globals = await (batch.emptied ??= emptyAll(own, batch, detail));
  detail('upgrading');
  const changed = await upgradeEmpty(own, swarm, node, detail);
  await giveBack(await reopen(own, swarm), node.id, signal);
  await awaitGlobals(own, swarm, { node, globals, detail });
  return changed ? 'changed' : 'unchanged';
}

/** Empties the nodes of a batch; resolves to the global services that ran on all of them. */
async function emptyAll(
  context: OperationContext,
  { swarm, nodes, force }: Batch,
  detail: (message: string) => void,
): Promise<ReadonlySet<string>> {
  const { signal } = context;
  const access = await awaitSwarm(context, swarm);
  const change = { type: 'restart', nodes: nodes.map(({ id }) => id) } as const;
  const { machines } = await guardSwarm(context, swarm, change, { force, access });
  const engine = await staying(context, swarm, nodes, machines);
  const work = { swarm, engine, nodes, signal, detail };
  await awaitQuiet(work);
  const globals = await globalsOn(engine, nodes, signal);
  for (const { id } of nodes) await updateNode(engine, id, withMark, signal);
  try {
    await emptyNodes(work);
  } catch (error) {
    const patience = AbortSignal.timeout(30_000);
    await Promise.all(nodes.map(({ id }) => giveBack(engine, id, patience).catch(() => undefined)));
    throw error;
  }
  return globals;
}

/** The engine of a manager that does not go, where there is one. */
async function staying(
  context: OperationContext,
  swarm: string,
  nodes: readonly NodeToUpgrade[],
  machines: readonly MachineRecord[],
): Promise<EngineClient> {
  const going = nodes.map(({ name }) => name);
  const others = machines.some(
    ({ name, role, nodeId }) => role === 'manager' && nodeId !== null && !going.includes(name),
  );
  return (await awaitSwarm(context, swarm, others ? going : [])).engine;
}

/** A service that is being updated cannot be moved; the agent's rebalancing of a node that came back is such an update. */
async function awaitQuiet(work: EmptyNodesWork): Promise<void> {
  const { signal, detail } = work;
  await waitFor({ timeoutMs: 5 * 60_000, what: 'the service updates to end', signal, intervalMs: 500 }, async () => {
    const { obstacles } = await planNodesEmptying(work);
    const busy = obstacles.find(({ isCapacity }) => !isCapacity);
    if (busy === undefined) return true;
    detail(`waiting for ${busy.service}: ${busy.why}`);
    return undefined;
  });
}

async function upgradeEmpty(
  context: OperationContext,
  swarm: string,
  node: NodeToUpgrade,
  detail: (message: string) => void,
): Promise<boolean> {
  try {
    const changed = await node.upgrade.apply(detail);
    await awaitBack(context, node.record, detail);
    return changed;
  } catch (error) {
    context.signal.throwIfAborted();
    const message = (await isServing(context, swarm, node.id).catch(() => false))
      ? undefined
      : `${node.name} stays drained: its tasks come back when it has been upgraded`;
    if (message === undefined) await giveBack(await reopen(context, swarm), node.id, context.signal);
    else context.report({ type: 'warning', host: node.name, message });
    throw error;
  }
}

const reopen = async (context: OperationContext, swarm: string): Promise<EngineClient> =>
  (await awaitSwarm(context, swarm)).engine;

async function isServing(context: OperationContext, swarm: string, id: string): Promise<boolean> {
  return isWell(await swarmNode(await reopen(context, swarm), id, context.signal));
}

/** The availability that a node had before. */
const giveBack = (engine: EngineClient, id: string, signal: AbortSignal): Promise<unknown> =>
  updateNode(engine, id, givenBack, signal);

async function globalsOn(
  engine: EngineClient,
  nodes: EmptyNodesWork['nodes'],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const [services, tasks] = await Promise.all([
    listServices(engine, {}, signal),
    listTasks(engine, { node: nodes.map(({ id }) => id), 'desired-state': ['running'] }, signal),
  ]);
  const isOn = (id: string, service: string): boolean =>
    tasks.some(({ NodeID, ServiceID, Status }) => NodeID === id && ServiceID === service && Status.State === 'running');
  return new Set(
    services
      .filter(({ ID, Spec }) => replicasOf(Spec) === undefined && nodes.every(({ id }) => isOn(id, ID)))
      .map(({ ID }) => ID),
  );
}

/** A node on which containers do not run any more is not upgraded well. */
async function awaitGlobals(
  context: OperationContext,
  swarm: string,
  {
    node,
    globals,
    detail,
  }: { readonly node: NodeToUpgrade; readonly globals: ReadonlySet<string>; readonly detail: (text: string) => void },
): Promise<void> {
  if (globals.size === 0) return;
  detail('waiting for the global services of the node');
  const engine = await reopen(context, swarm);
  const what = `the global services on ${node.name} to run again`;
  await waitFor(
    { timeoutMs: 90_000, what, host: node.name, signal: context.signal, intervalMs: 400 },
    async (signal) => {
      const tasks = await listTasks(engine, { node: [node.id], 'desired-state': ['running'] }, signal);
      const open = [...globals].filter(
        (id) => !tasks.some(({ ServiceID, Status }) => ServiceID === id && Status.State === 'running'),
      );
      if (open.length === 0) return true;
      throw new Error(`${open.length} of ${globals.size} services are not running`);
    },
  );
}
