import { overlaps } from '../../lib/cidr.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { beliefOf, certificateEnded, isDown, isLocked, isReached, type Membership } from '../../swarm/membership.js';
import { engineInfo, leaveSwarm, swarmNodes, type SwarmInspection } from '../../swarm/swarm-api.js';
import { asNode, isMadeAgain, joinFailed, settledMembership, withoutNode } from './become-node.js';
import { accessOf, type CreateRun, type CreateSession, required, swarmOf } from './create-run.js';
import { advertiseAddrOf, hostNetworks } from './host-networks.js';
import { checkBeforeJoin, warnOfBlockedPorts } from './join-checks.js';
import { joinInRole, promoteNode } from './join-in-role.js';
import { forgetNode } from './leave-swarm.js';
import { leadsTo } from './own-address.js';
import { leaveFormerSwarm } from './rejoin-host.js';
import { foreignSwarm, hostEngine, swarmMachines } from '../access/swarm-access.js';

/**
 * Makes a host a node of the run's swarm, in the role of its record; one that is a node of it already stays one.
 * Errors: FOREIGN_SWARM, MANAGER_LOCKED, JOIN_FAILED, TIMEOUT; those of `checkBeforeJoin` and of the engine.
 */
export async function joinHost(
  run: CreateRun,
  host: CreateSession,
  step: StepContext,
  inspect: (signal: AbortSignal) => Promise<SwarmInspection>,
): Promise<StepChange> {
  const { name, record } = host;
  const engine = hostEngine(run.context, record);
  // While it is in between, it does not know yet whether its certificate still holds.
  const isSettled = (own: Membership): boolean => isNoLongerNode(record) || beliefOf(own) !== 'joining';
  const Swarm = await settledMembership(name, engine, isSettled, step.signal);
  const became = await leaveFormerNode(run, host, Swarm, step);
  if (became === 'outside') step.detail('join as a new node');
  else if (record.nodeId !== null && cannotComeBack(Swarm, record)) {
    step.detail(`the host cannot come back as its earlier node, so it joins as a new node: ${Swarm.Error}`);
    await leaveSwarm(engine, { force: true, signal: step.signal });
  } else if (became === 'moved') {
    await checkMembership(run, host, (await engineInfo(engine, step.signal)).Swarm, step);
    return 'changed';
  } else if (beliefOf(Swarm) !== 'outside') return checkMembership(run, host, Swarm, step);
  const [tokens] = await Promise.all([inspect(step.signal), checkBeforeJoin(run, host, step)]);
  const [{ NodeID: nodeId, NodeAddr: advertiseAddr }] = await Promise.all([
    join(run, host, step, engine, tokens),
    warnOfBlockedPorts(run, host, step),
  ]);
  await host.update((current) => ({ ...asNode(current, nodeId), advertiseAddr }));
  step.detail(`node ${nodeId} of ${accessOf(run).clusterId}`);
  if (!host.isNew) await forgetFormerNodes(run, name, { nodeId, formerId: record.nodeId }, step);
  return 'changed';
}

/** Removed while it was down, lost in a recovery, or made again since: its swarm has gone on without this host. */
const isNoLongerNode = (record: MachineRecord): boolean => record.formerNodeId !== undefined || isMadeAgain(record);

/**
 * Makes a host leave the swarm in which it cannot stay the node that it was: its swarm has gone on without it, or it
 * advertises an address that is not its own. The only manager is moved to its own address instead. Errors: those of
 * `leaveFormerSwarm` and `moveOnlyManager`.
 */
async function leaveFormerNode(
  run: CreateRun,
  host: CreateSession,
  own: Membership,
  step: StepContext,
): Promise<'outside' | 'moved' | 'same'> {
  const { record, driver, name } = host;
  const access = accessOf(run);
  const isMember = beliefOf(own) === 'joined';
  const isAtHome = isMember && leadsTo(driver, required(host.facts, 'facts'), own.NodeAddr);
  if (!isNoLongerNode(record) && (!isMember || isAtHome)) return 'same';
  // It is the swarm: there is no other manager that could accept it as a new node.
  if (access.manager.name === name) return isAtHome ? 'same' : move(run, host, step);
  try {
    await leaveFormerSwarm(run.context, access, record, own, step);
  } catch (error) {
    const isNeeded = error instanceof SwarmupError && error.exitCode === exitCodes.preflight;
    if (!isNeeded || !isAtHome || record.formerNodeId !== undefined) throw error;
    run.warn(`${name} stays the node that it was, because the managers need it: ${messageOf(error)}`, name);
    return 'same';
  }
  await host.update((current) => ({ ...withoutNode(current), advertiseAddr: null }));
  return 'outside';
}

async function move(run: CreateRun, host: CreateSession, step: StepContext): Promise<'moved'> {
  const { moveOnlyManager } = await import('./revive-manager.js');
  const clusterId = await moveOnlyManager(run.context, host.record, advertiseAddrOf(run, host), step);
  run.access = { ...accessOf(run), clusterId };
  const known = await run.context.store.readSwarm(swarmOf(run).name);
  if (known !== undefined && known.clusterId !== clusterId) await run.context.store.writeSwarm({ ...known, clusterId });
  return 'moved';
}

/** It was off for too long, or is a worker that was restarted while its certificate said manager: none talks to it as one. */
const cannotComeBack = (own: Membership, { role }: MachineRecord): boolean =>
  certificateEnded(own) ||
  (beliefOf(own) === 'failed' && role === 'worker' && own.Error.includes("can't initialize raft node"));

async function join(
  run: CreateRun,
  host: CreateSession,
  step: StepContext,
  engine: EngineClient,
  inspection: SwarmInspection,
): Promise<Membership> {
  const { name, record } = host;
  const { isNewSwarm = false } = run;
  const swarm = swarmOf(run).name;
  warnOverlap(run, host, inspection);
  const remoteAddrs = await managerAddresses(run, name);
  const joining = { advertiseAddr: advertiseAddrOf(run, host), remoteAddrs, tokens: inspection.JoinTokens };
  const manager = accessOf(run).engine;
  return joinInRole({ name, swarm, engine, manager, role: record.role, ...joining, isNewSwarm }, step);
}

async function managerAddresses(run: CreateRun, joining: string): Promise<readonly string[]> {
  const machines = await swarmMachines(run.context, swarmOf(run).name);
  return machines
    .filter((machine) => machine.role === 'manager' && machine.nodeId !== null && machine.name !== joining)
    .flatMap((machine) => (machine.advertiseAddr === null ? [] : [`${machine.advertiseAddr}:2377`]));
}

/** "In a swarm" means in this one: the node must be known to our managers (a worker does not know its cluster's ID). */
async function checkMembership(
  run: CreateRun,
  host: CreateSession,
  membership: Membership,
  step: StepContext,
): Promise<StepChange> {
  const { name } = host;
  const access = accessOf(run);
  const { NodeID: nodeId, NodeAddr, Error: trouble, Cluster: cluster } = membership;
  if (isLocked(membership))
    throw new SwarmupError('MANAGER_LOCKED', `${name} is locked: it needs the unlock key of its swarm`, {
      host: name,
      hints: [swarmup`swarm unlock ${inSwarm(host.record.swarm)} ${name}`],
    });
  if (beliefOf(membership) === 'failed') throw joinFailed(name, trouble);
  const ours = (await swarmNodes(access.engine, step.signal)).find((node) => node.ID === nodeId);
  if (ours === undefined || (cluster !== undefined && cluster.ID !== '' && cluster.ID !== access.clusterId))
    throw foreignSwarm(name, swarmOf(run).name, trouble === '' ? `the node ID of the host is ${nodeId}` : trouble);
  const { nodeId: known, role } = host.record;
  // A run was stopped between the join as a worker and the end of the promotion.
  const isHalfWay = known === null && role === 'manager' && !isReached(ours);
  if (isHalfWay) await promoteNode(access.engine, { name, nodeId }, step);
  await host.update((record) => ({
    ...record,
    nodeId,
    role: isHalfWay ? 'manager' : ours.Spec.Role,
    advertiseAddr: NodeAddr === '' ? record.advertiseAddr : NodeAddr,
  }));
  return isHalfWay ? 'changed' : 'unchanged';
}

/** A host that was lost and made again is a new node; the one it was would stay in the list for ever, as Down. */
async function forgetFormerNodes(
  run: CreateRun,
  name: string,
  { nodeId, formerId }: { readonly nodeId: string; readonly formerId: string | null },
  step: StepContext,
): Promise<void> {
  const { engine } = accessOf(run);
  const machines = await swarmMachines(run.context, swarmOf(run).name);
  const nodes = await swarmNodes(engine, step.signal);
  const hostname = nodes.find((node) => node.ID === nodeId)?.Description.Hostname;
  const former = nodes.filter(
    (node) =>
      // Managers that were just started themselves may still take the one on record for Ready.
      (isDown(node) || node.ID === formerId) &&
      node.Description.Hostname === hostname &&
      node.Spec.Labels?.['swarmup.managed'] === 'true' &&
      !machines.some((machine) => machine.nodeId === node.ID),
  );
  for (const node of former)
    try {
      await forgetNode(engine, node, { name, signal: step.signal, detail: step.detail });
    } catch (error) {
      step.signal.throwIfAborted();
      run.warn(`the earlier node of ${name} (${node.ID}) is still listed: ${messageOf(error)}`, name);
    }
}

function warnOverlap({ warn }: CreateRun, { name, facts }: CreateSession, swarm: SwarmInspection): void {
  const pools = swarm.DefaultAddrPool ?? [];
  const clash = hostNetworks(name, facts).find(({ cidr }) => pools.some((pool) => overlaps(pool, cidr)));
  if (clash !== undefined)
    warn(
      `the swarm's address pool ${pools.join(', ')} overlaps ${clash.cidr}, ${clash.owner}: overlay networks may conflict`,
      name,
    );
}
