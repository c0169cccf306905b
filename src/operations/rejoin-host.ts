import { waitFor } from '../lib/abort.js';
import { messageOf, SwarmupError } from '../lib/errors.js';
import type { MachineRecord } from '../machine/machine-record.js';
import type { StepChange, StepContext } from '../plan/step.js';
import {
  type EngineInfo,
  engineInfo,
  inspectSwarm,
  joinSwarm,
  leaveSwarm,
  removeNode,
  swarmNode,
  swarmNodes,
  updateNode,
} from '../swarm/swarm-api.js';
import type { OperationContext } from './context.js';
import { hostEngine, type SwarmAccess } from './swarm-access.js';

/**
 * Makes a host a node of the swarm again, in the role of its record: one that is a node of it, with that role, stays
 * one. Any other leaves whatever it believes to be in, its former node is removed, and it joins anew. The record is
 * changed before and after, so that a stopped run goes on here.
 */
export async function rejoinHost(
  context: OperationContext,
  access: SwarmAccess,
  name: string,
  step: StepContext,
): Promise<StepChange> {
  const record = await context.store.require(name);
  const engine = hostEngine(context, record);
  const { Swarm } = await engineInfo(engine, step.signal);
  if (await isMemberAlready(context, access, record, Swarm, step.signal)) return 'unchanged';
  await context.store.update(name, withoutNode);
  if (Swarm.LocalNodeState !== 'inactive') {
    step.detail('leave the former swarm');
    await leaveSwarm(engine, { force: true, signal: step.signal }).catch((error: unknown) => {
      if (!(error instanceof SwarmupError && error.code === 'ENGINE_503')) throw error;
    });
  }
  await forgetNodes(context, access, [record.nodeId, record.formerNodeId ?? null, Swarm.NodeID], step.signal);
  await joinAgain(context, access, record, Swarm.NodeAddr, step);
  return 'changed';
}

/** Marks a host as one that its swarm goes on without. */
export const withoutNode = (record: MachineRecord): MachineRecord => ({
  ...record,
  nodeId: null,
  ...(record.nodeId !== null && { formerNodeId: record.nodeId }),
});

/** Marks a host as a node of its swarm; null: it is none, and nothing is left that it would have to be freed from. */
export function asNode(record: MachineRecord, nodeId: string | null): MachineRecord {
  const { formerNodeId, ...rest } = record;
  return { ...(formerNodeId === undefined ? record : rest), nodeId };
}

async function isMemberAlready(
  context: OperationContext,
  access: SwarmAccess,
  record: MachineRecord,
  own: EngineInfo['Swarm'],
  signal: AbortSignal,
): Promise<boolean> {
  if (own.LocalNodeState !== 'active' || own.NodeID === '') return false;
  const node = (await swarmNodes(access.engine, signal)).find(({ ID }) => ID === own.NodeID);
  if (node?.Status.State !== 'ready') return false;
  const isManager = node.ManagerStatus?.Reachability === 'reachable';
  // After a recovery the former managers are workers to their swarm, and managers to themselves.
  if (own.ControlAvailable !== isManager || (record.role === 'manager') !== isManager) return false;
  await context.store.update(record.name, (current) => asNode(current, node.ID));
  return true;
}

/** Removes nodes that no host is any more. Fine when they are not listed. */
export async function forgetNodes(
  context: OperationContext,
  access: SwarmAccess,
  ids: readonly (string | null)[],
  signal: AbortSignal,
): Promise<number> {
  const own = (await context.store.require(access.manager.name)).nodeId;
  const listed = new Set((await swarmNodes(access.engine, signal)).map(({ ID }) => ID));
  const gone = [...new Set(ids)].filter((id) => id !== null && id !== own && listed.has(id)) as string[];
  for (const id of gone)
    await removeNode(access.engine, id, { force: true, signal }).catch((error: unknown) => {
      if (!(error instanceof SwarmupError && error.code === 'ENGINE_404')) throw error;
    });
  return gone.length;
}

async function joinAgain(
  context: OperationContext,
  access: SwarmAccess,
  record: MachineRecord,
  lastAddress: string,
  step: StepContext,
): Promise<void> {
  const { name } = record;
  const engine = hostEngine(context, record);
  const { signal } = step;
  const { JoinTokens: tokens } = await inspectSwarm(access.engine, signal);
  const manager = await context.store.require(access.manager.name);
  const advertiseAddr = record.advertiseAddr ?? lastAddress;
  step.detail(`join as ${record.role ?? 'worker'}`);
  try {
    await joinSwarm(engine, {
      advertiseAddr,
      remoteAddrs: [`${manager.advertiseAddr ?? ''}:2377`],
      token: record.role === 'manager' ? tokens.Manager : tokens.Worker,
      signal,
    });
  } catch (error) {
    // The engine gave up waiting after 20 s, not trying.
    if (!messageOf(error).includes('Timeout was reached before node joined')) throw error;
  }
  const wait = { timeoutMs: 60_000, host: name, signal };
  const nodeId = await waitFor({ ...wait, what: `${name} to become a node` }, async (waiting) => {
    const { Swarm } = await engineInfo(engine, waiting);
    if (Swarm.LocalNodeState === 'active' && Swarm.NodeID !== '') return Swarm.NodeID;
    throw new Error(`its state is ${Swarm.LocalNodeState}${Swarm.Error === '' ? '' : ` (${Swarm.Error})`}`);
  });
  await context.store.update(name, (current) => ({ ...asNode(current, nodeId), advertiseAddr }));
  await waitFor({ ...wait, what: `${name} to be Ready` }, async (waiting) => {
    const { Status, ManagerStatus } = await swarmNode(access.engine, nodeId, waiting);
    const isThere = record.role !== 'manager' || ManagerStatus?.Reachability === 'reachable';
    if (Status.State === 'ready' && isThere) return true;
    throw new Error(`its state is ${Status.State}`);
  });
  const labels = { 'swarmup.managed': 'true' };
  await updateNode(access.engine, nodeId, (spec) => ({ ...spec, Labels: { ...spec.Labels, ...labels } }), signal);
}
