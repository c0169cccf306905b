import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { swarmNode, updateNode } from '../../swarm/swarm-api.js';
import { givenBack, withMark } from '../../swarm/upgrade-mark.js';
import { listServices, listTasks } from '../../swarm/workload-api.js';
import { replicasOf } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
import { awaitBack } from '../steps/engine-steps.js';
import { eachHost } from '../access/each-host.js';
import { type EmptyNodesWork, emptyNodes, planNodesEmptying } from '../steps/empty-nodes.js';
import type { HostOutcome } from '../access/results.js';
import { awaitSwarm } from '../access/swarm-access.js';
import type { HostUpgrade } from '../steps/upgrade-host.js';

/** A node of the swarm whose engine is to be upgraded. */
export interface NodeToUpgrade {
  readonly id: string;
  readonly name: string;
  readonly record: MachineRecord;
  readonly upgrade: HostUpgrade;
}

/**
 * Upgrades nodes at once: their tasks run elsewhere first, then they are drained, upgraded, back in the swarm, and get
 * their availability back. What goes wrong is in the outcomes: a node that is not back stays drained, any other is as
 * it was. `engine` is of a manager that stays, where there is one.
 */
export async function upgradeBatch(
  context: OperationContext,
  swarm: string,
  batch: readonly NodeToUpgrade[],
  engine: EngineClient,
): Promise<readonly HostOutcome[]> {
  const names = batch.map(({ name }) => name);
  let emptied: Promise<ReadonlySet<string>> | undefined;
  return eachHost(context, names, 'upgrade Docker', async (name, detail) => {
    const node = batch.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`${name} is not in the batch`);
    const globals = await (emptied ??= emptyAll({ engine, nodes: batch, signal: context.signal, detail }));
    const changed = await upgradeEmpty(context, swarm, node, detail);
    await giveBack(await reopen(context, swarm), node.id, context.signal);
    await awaitGlobals(context, swarm, { node, globals, detail });
    return changed ? 'upgraded' : 'unchanged';
  });
}

/** Empties the nodes of a batch; resolves to the global services that ran on all of them. */
async function emptyAll(work: EmptyNodesWork): Promise<ReadonlySet<string>> {
  const { engine, nodes, signal, detail } = work;
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
  detail('upgrading');
  return globals;
}

/** A service that is being updated cannot be moved; the agent's rebalancing of a node that came back is such an update. */
async function awaitQuiet(work: EmptyNodesWork): Promise<void> {
  const { signal, detail } = work;
  await waitFor({ timeoutMs: 5 * 60_000, what: 'services to be updated', signal, intervalMs: 500 }, async () => {
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
      : `${node.name} stays drained: its tasks come back when it was upgraded`;
    if (message === undefined) await giveBack(await reopen(context, swarm), node.id, context.signal);
    else context.report({ type: 'warning', host: node.name, message });
    throw error;
  }
}

const reopen = async (context: OperationContext, swarm: string): Promise<EngineClient> =>
  (await awaitSwarm(context, swarm)).engine;

async function isServing(context: OperationContext, swarm: string, id: string): Promise<boolean> {
  const { Status, ManagerStatus } = await swarmNode(await reopen(context, swarm), id, context.signal);
  return Status.State === 'ready' && (ManagerStatus === undefined || ManagerStatus.Reachability === 'reachable');
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
  detail('waiting for its global services');
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
      throw new Error(`${open.length} of ${globals.size} do not run`);
    },
  );
}
