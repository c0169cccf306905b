import { waitFor } from '../../lib/abort.js';
import { codeOf, SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { beliefOf, isManaging, isReached, isReady, isVoter, type Membership } from '../../swarm/membership.js';
import { engineInfo, inspectSwarm, leaveSwarm, swarmNode, swarmNodes } from '../../swarm/swarm-api.js';
import { asNode, awaitReadyNode, isMadeAgain, withoutNode } from './become-node.js';
import type { OperationContext } from '../access/context.js';
import { guardSwarm } from '../access/guard-swarm.js';
import { joinInRole } from './join-in-role.js';
import { forgetNode } from './leave-swarm.js';
import { ownAdvertiseAddr } from './own-address.js';
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
  await joinAgain(context, access, record, step);
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

/**
 * Frees the swarm from the nodes that a host was, and the host from the swarm that it believes to be in: in this order,
 * because a manager that leaves while it still counts could cost the quorum. Errors: those of the guardian, with nothing
 * changed, if the managers cannot do without the earlier node; TIMEOUT; those of the engines.
 */
export async function leaveFormerSwarm(
  context: OperationContext,
  access: ManagerAccess,
  record: MachineRecord,
  own: Membership,
  step: StepContext,
): Promise<void> {
  const { signal, detail } = step;
  const former = [record.nodeId, record.formerNodeId ?? null, own.NodeID];
  await forgetNodes(context, access, former, step, record);
  if (beliefOf(own) !== 'outside') {
    detail('leave the former swarm');
    await leaveSwarm(hostEngine(context, record), { force: true, signal }).catch((error: unknown) => {
      if (!(error instanceof SwarmupError && error.code === 'ENGINE_503')) throw error;
    });
  }
}

async function isMemberAlready(
  context: OperationContext,
  access: ManagerAccess,
  record: MachineRecord,
  own: Membership,
  signal: AbortSignal,
): Promise<boolean> {
  if (beliefOf(own) !== 'joined' || own.NodeID === '' || isMadeAgain(record)) return false;
  const node = (await swarmNodes(access.engine, signal)).find(({ ID }) => ID === own.NodeID);
  if (node === undefined || !isReady(node)) return false;
  const isManager = isReached(node);
  // After a recovery the former managers are workers to their swarm, and managers to themselves.
  if (isManaging(own) !== isManager || (record.role === 'manager') !== isManager) return false;
  if ((await ownAdvertiseAddr(context, { ...record, advertiseAddr: own.NodeAddr }, { signal })) !== own.NodeAddr)
    return false;
  await context.store.update(record.name, (current) => asNode(current, node.ID));
  return true;
}

/**
 * Removes nodes that no host is any more; a manager that still counts is demoted first, if the guardian allows it. It is
 * not an error if they are not listed. `host`: what they were, for messages.
 */
export async function forgetNodes(
  context: OperationContext,
  access: ManagerAccess,
  ids: readonly (string | null)[],
  step: StepContext,
  host?: Pick<MachineRecord, 'name' | 'swarm'>,
): Promise<number> {
  const own = (await context.store.require(access.manager.name)).nodeId;
  const gone = (await swarmNodes(access.engine, step.signal)).filter(({ ID }) => ids.includes(ID) && ID !== own);
  const voters = gone.filter(isVoter).map(({ ID }) => ID);
  const swarm = host?.swarm ?? access.manager.swarm;
  if (voters.length > 0 && swarm !== null)
    await guardSwarm(context, swarm, { type: 'demote', nodes: voters }, { signal: step.signal, passing: true });
  for (const node of gone)
    await forgetNode(access.engine, node, { name: host?.name ?? node.Description.Hostname ?? node.ID, ...step });
  return gone.length;
}

async function joinAgain(
  context: OperationContext,
  access: ManagerAccess,
  record: MachineRecord,
  step: StepContext,
): Promise<void> {
  const { name, role } = record;
  const { JoinTokens: tokens } = await inspectSwarm(access.engine, step.signal);
  const manager = await context.store.require(access.manager.name);
  const advertiseAddr = await ownAdvertiseAddr(context, record, step);
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
