import { waitFor } from '../../lib/abort.js';
import { codeOf, SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { beliefOf, isManaging, isReached, isReady, type Membership } from '../../swarm/membership.js';
import { engineInfo, inspectSwarm, leaveSwarm, removeNode, swarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import { asNode, awaitReadyNode, withoutNode } from './become-node.js';
import type { OperationContext } from '../access/context.js';
import { joinInRole } from './join-in-role.js';
import { hostEngine, type SwarmAccess } from '../access/swarm-access.js';

/** A manager that can take changes. */
export type ManagerAccess = Pick<SwarmAccess, 'manager' | 'engine'>;

/** A worker whose manager was gone looks for it that long before it is better to join it again. */
export const contactMs = 40_000;

/**
 * Makes a host a node of the swarm again, with the role of its record. A host that is already a node of the swarm with
 * that role is not changed. Any other host leaves its old swarm, its former node is removed, and it joins as a new
 * node. The record is changed before and after, so that an interrupted run continues here.
 */
export async function rejoinHost(
  context: OperationContext,
  access: ManagerAccess,
  name: string,
  step: StepContext,
): Promise<StepChange> {
  const record = await context.store.require(name);
  const engine = hostEngine(context, record);
  const { Swarm } = await engineInfo(engine, step.signal);
  if (await isMemberAlready(context, access, record, Swarm, step.signal)) return 'unchanged';
  await context.store.update(name, withoutNode);
  await leaveFormerSwarm(context, access, record, Swarm, step);
  await joinAgain(context, access, record, Swarm.NodeAddr, step);
  return 'changed';
}

/** Workers know their managers' addresses, and come back by themselves when the survivor is among them; else they join again. */
export async function awaitContact(
  context: OperationContext,
  access: ManagerAccess,
  name: string,
  step: StepContext,
): Promise<StepChange> {
  const { nodeId } = await context.store.require(name);
  try {
    await waitFor(
      { timeoutMs: contactMs, what: `${name} to be Ready`, host: name, signal: step.signal },
      async (signal) => (isReady(await swarmNode(access.engine, nodeId ?? '', signal)) ? true : undefined),
    );
    return 'unchanged';
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    return rejoinHost(context, access, name, step);
  }
}

/** Frees a host from the swarm that it believes to be in, and the swarm from the nodes that it was. */
export async function leaveFormerSwarm(
  context: OperationContext,
  access: ManagerAccess,
  record: MachineRecord,
  own: Membership,
  { signal, detail }: StepContext,
): Promise<void> {
  if (beliefOf(own) !== 'outside') {
    detail('leave the former swarm');
    await leaveSwarm(hostEngine(context, record), { force: true, signal }).catch((error: unknown) => {
      if (!(error instanceof SwarmupError && error.code === 'ENGINE_503')) throw error;
    });
  }
  await forgetNodes(context, access, [record.nodeId, record.formerNodeId ?? null, own.NodeID], signal);
}

async function isMemberAlready(
  context: OperationContext,
  access: ManagerAccess,
  record: MachineRecord,
  own: Membership,
  signal: AbortSignal,
): Promise<boolean> {
  if (beliefOf(own) !== 'joined' || own.NodeID === '') return false;
  const node = (await swarmNodes(access.engine, signal)).find(({ ID }) => ID === own.NodeID);
  if (node === undefined || !isReady(node)) return false;
  const isManager = isReached(node);
  // After a recovery the former managers are workers to their swarm, and managers to themselves.
  if (isManaging(own) !== isManager || (record.role === 'manager') !== isManager) return false;
  await context.store.update(record.name, (current) => asNode(current, node.ID));
  return true;
}

/** Removes nodes that no host is any more. Fine when they are not listed. */
export async function forgetNodes(
  context: OperationContext,
  access: ManagerAccess,
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
  access: ManagerAccess,
  record: MachineRecord,
  lastAddress: string,
  step: StepContext,
): Promise<void> {
  const { name, role } = record;
  const { JoinTokens: tokens } = await inspectSwarm(access.engine, step.signal);
  const manager = await context.store.require(access.manager.name);
  const advertiseAddr = record.advertiseAddr ?? lastAddress;
  step.detail(`join as ${role ?? 'worker'}`);
  const joining = {
    name,
    swarm: record.swarm ?? '',
    engine: hostEngine(context, record),
    manager: access.engine,
    role,
    tokens,
    advertiseAddr,
    remoteAddrs: [`${manager.advertiseAddr ?? ''}:2377`],
  };
  const { NodeID: nodeId } = await joinInRole(joining, step);
  await context.store.update(name, (current) => ({ ...asNode(current, nodeId), advertiseAddr }));
  await awaitReadyNode(access.engine, { name, nodeId, role }, step.signal);
}
