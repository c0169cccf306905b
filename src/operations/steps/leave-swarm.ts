import { waitFor } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { isDown, isReady } from '../../swarm/membership.js';
import { engineInfo, leaveSwarm, removeNode, type SwarmNode, swarmNode, updateNode } from '../../swarm/swarm-api.js';
import type { OperationContext } from '../access/context.js';
import { hostEngine, openSwarm } from '../access/swarm-access.js';

/**
 * Removes a host from its swarm: drains it, demotes a manager, makes the host leave, then removes its node. With
 * `force`, a host that does not answer is only removed from the managers' list. It is not an error if the host is not
 * in a swarm. A host that was joined again by hand as another node keeps that node, and its ID is returned.
 */
export async function leaveCleanly(
  context: OperationContext,
  record: MachineRecord,
  leaving: readonly string[],
  force: boolean,
  detail: (message: string) => void,
): Promise<string | undefined> {
  const nodeId = record.nodeId ?? (await nodeIdOf(context, record));
  if (nodeId === undefined || record.swarm === null) return undefined;
  // A manager that leaves, too, may be gone in a moment: prefer one that stays, but take any.
  const access = await openSwarm(context, record.swarm, { except: leaving }).catch(() =>
    openSwarm(context, record.swarm ?? '', { except: [record.name] }),
  );
  const node = await swarmNode(access.engine, nodeId, context.signal).catch(ignoreUnknownNode);
  if (node === undefined) return undefined;
  detail('drain');
  await drain(access.engine, node, { name: record.name, signal: context.signal, detail });
  if (isReady(node)) await awaitEmpty(context, access.engine, nodeId, record.name, detail);
  // A node that is Down is a host that does not answer: its managers forget it, and that is all there is to do.
  const tolerant = force || isDown(node);
  const other = await leaveHost(context, record, { nodeId, tolerant, detail });
  // Forced, because the managers take about 13 s to see that a host has left; it is empty and it did leave.
  await removeNode(access.engine, nodeId, { force: true, signal: context.signal }).catch(ignoreUnknownNode);
  return other;
}

/** A create that was killed between join and its record: only the host itself knows its node. */
async function nodeIdOf(context: OperationContext, record: MachineRecord): Promise<string | undefined> {
  if (record.endpoint === null) return undefined;
  const info = await engineInfo(hostEngine(context, record), context.signal).catch(() => undefined);
  return info?.Swarm.NodeID === '' ? undefined : info?.Swarm.NodeID;
}

const ignoreUnknownNode = (error: unknown): undefined => {
  if (error instanceof SwarmupError && error.code === 'ENGINE_404') return undefined;
  throw error;
};

interface NodeWork {
  /** The host, for messages. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly detail: (message: string) => void;
}

/** Removes a node whose host is gone from the list of the managers. Errors: those of the engine; TIMEOUT. */
export async function forgetNode(engine: EngineClient, node: SwarmNode, work: NodeWork): Promise<void> {
  if (node.ManagerStatus !== undefined) await drain(engine, node, work);
  await removeNode(engine, node.ID, { force: true, signal: work.signal }).catch(ignoreUnknownNode);
}

/** Removes the tasks and, of a manager, its vote; waits until the node is no longer a manager. */
async function drain(engine: EngineClient, node: SwarmNode, { name, signal, detail }: NodeWork): Promise<void> {
  const isManager = node.ManagerStatus !== undefined;
  // Of one that was promoted and never counted the engine refuses a demotion.
  const role = isManager ? ({ Role: 'worker' } as const) : {};
  await updateNode(engine, node.ID, (spec) => ({ ...spec, Availability: 'drain', ...role }), signal);
  if (!isManager) return;
  detail('demote');
  await waitFor({ timeoutMs: 30_000, what: `${name} to be demoted`, host: name, signal }, async (waiting) =>
    (await swarmNode(engine, node.ID, waiting)).ManagerStatus === undefined ? true : undefined,
  );
}

/** Waits until swarm has moved the node's tasks away; what cannot move (no place for it) does not hold up the removal. */
async function awaitEmpty(
  context: OperationContext,
  engine: EngineClient,
  nodeId: string,
  name: string,
  detail: (message: string) => void,
): Promise<void> {
  const filters = JSON.stringify({ node: [nodeId], 'desired-state': ['running'] });
  await waitFor(
    { timeoutMs: 30_000, what: `the tasks of ${name} to move`, host: name, signal: context.signal },
    async (signal) => {
      const tasks = await engine.request<readonly unknown[] | null>('GET', '/tasks', { query: { filters }, signal });
      if ((tasks ?? []).length === 0) return true;
      detail(`drain: ${String(tasks?.length)} tasks left`);
      return undefined;
    },
  ).catch((error: unknown) => {
    if (!(error instanceof SwarmupError && error.code === 'TIMEOUT')) throw error;
    context.report({ type: 'warning', host: name, message: error.message });
  });
}

interface HostLeave {
  readonly nodeId: string;
  /** A host that does not answer is not an error. */
  readonly tolerant: boolean;
  readonly detail: (message: string) => void;
}

/** Resolves to the ID of the node that the host is instead, which it stays. */
async function leaveHost(
  context: OperationContext,
  record: MachineRecord,
  { nodeId, tolerant, detail }: HostLeave,
): Promise<string | undefined> {
  detail('leave the swarm');
  const engine = hostEngine(context, record);
  try {
    const { Swarm } = await engineInfo(engine, context.signal);
    if (Swarm.NodeID !== '' && Swarm.NodeID !== nodeId) return Swarm.NodeID;
    // The host may not know of its demotion yet; its managers do, so this leave loses nothing.
    await leaveSwarm(engine, { force: true, signal: context.signal });
  } catch (error) {
    const isInNone = error instanceof SwarmupError && error.code === 'ENGINE_503';
    if (!isInNone && !tolerant) throw error;
  }
  return undefined;
}
