import { waitFor } from '../lib/abort.js';
import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { localNetworks, type UsedNetwork } from '../lib/local-networks.js';
import { networkOf, overlaps } from '../lib/cidr.js';
import type { HostFacts } from '../bootstrap/host-facts.js';
import type { CreateWork } from '../plan/build-create-plan.js';
import type { StepChange, StepContext } from '../plan/step.js';
import { chooseAddressPool } from '../swarm/address-pool.js';
import { chooseAdvertiseAddr } from '../swarm/advertise-address.js';
import {
  engineInfo,
  initSwarm,
  inspectSwarm,
  joinSwarm,
  swarmNode,
  swarmNodes,
  updateNode,
  type EngineInfo,
  type SwarmInspection,
} from '../swarm/swarm-api.js';
import { type CreateJob, jobOf, required, updateRecord } from './create-job.js';
import { hostEngine, openSwarm, swarmMachines } from './swarm-access.js';

type SwarmWork = Pick<CreateWork, 'openSwarm' | 'join' | 'awaitReady'>;

/** The work that turns hosts with engines into one swarm. */
export function createSwarmWork(job: CreateJob): SwarmWork {
  let inspection: Promise<SwarmInspection> | undefined;
  // The tokens are asked for once, when the first host really joins, and live in memory only.
  const inspect = (signal: AbortSignal): Promise<SwarmInspection> =>
    (inspection ??= inspectSwarm(required(job.swarm, 'the swarm').engine, signal));
  return {
    openSwarm: (name, step) => (name === undefined ? findSwarm(job, step) : makeSwarm(job, name, step)),
    join: (name, step) => join(job, name, step, inspect),
    awaitReady: (name, step) => awaitReady(job, name, step),
  };
}

async function findSwarm(job: CreateJob, step: StepContext): Promise<StepChange> {
  const swarm = required(job.request.swarm ?? undefined, 'the name of the swarm');
  job.swarm = await openSwarm(job.context, swarm, { signal: step.signal, waitMs: 20_000 });
  const known = await job.context.store.readSwarm(swarm);
  if (known !== undefined && known.clusterId !== job.swarm.clusterId)
    throw foreignSwarm(job.swarm.manager.name, swarm, 'its cluster ID is not the one that swarmup made');
  return 'unchanged';
}

async function makeSwarm(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const swarm = required(job.request.swarm ?? undefined, 'the name of the swarm');
  const host = jobOf(job, name);
  const engine = hostEngine(job.context, host.record);
  let info = await engineInfo(engine, step.signal);
  const fresh = info.Swarm.LocalNodeState === 'inactive';
  const advertiseAddr = fresh ? advertiseAddrOf(job, name) : info.Swarm.NodeAddr;
  if (fresh) {
    const addressPool = chooseAddressPool(await usedNetworks(job), job.request.addressPool);
    step.detail(`advertises ${advertiseAddr}, overlay networks from ${addressPool}`);
    await initSwarm(engine, { advertiseAddr, addressPool, signal: step.signal });
    info = await engineInfo(engine, step.signal);
  }
  // No swarm is on record and this host was made for it: what it is in is what a killed create has begun.
  const clusterId = info.Swarm.Cluster?.ID;
  if (!info.Swarm.ControlAvailable || clusterId === undefined)
    throw foreignSwarm(name, swarm, `it is ${info.Swarm.LocalNodeState} there and no manager`);
  await updateRecord(job, name, (record) => ({ ...record, nodeId: info.Swarm.NodeID, advertiseAddr }));
  await job.context.store.writeSwarm({
    schemaVersion: 1,
    name: swarm,
    clusterId,
    createdAt: job.context.now().toISOString(),
    ...(!job.request.agent && { agent: false }),
  });
  job.swarm = { manager: jobOf(job, name).record, engine, clusterId };
  return fresh ? 'changed' : 'unchanged';
}

function advertiseAddrOf(job: CreateJob, name: string): string {
  const { facts, description } = jobOf(job, name);
  return chooseAdvertiseAddr(
    name,
    required(facts, 'facts'),
    description?.privateAddresses ?? [],
    job.request.advertiseAddr,
  );
}

/** Networks of this machine and of every host whose facts are known by now. */
async function usedNetworks(job: CreateJob): Promise<readonly UsedNetwork[]> {
  const ofHosts = [...job.hosts].flatMap(([name, { facts }]) => hostNetworks(name, facts));
  return [...(await localNetworks()), ...ofHosts];
}

function hostNetworks(name: string, facts: HostFacts | undefined): readonly UsedNetwork[] {
  return (facts?.routes ?? []).map((cidr) => ({ cidr: networkOf(cidr), owner: `a network of ${name}` }));
}

async function join(
  job: CreateJob,
  name: string,
  step: StepContext,
  inspect: (signal: AbortSignal) => Promise<SwarmInspection>,
): Promise<StepChange> {
  const access = required(job.swarm, 'the swarm');
  const { record } = jobOf(job, name);
  const engine = hostEngine(job.context, record);
  const info = await engineInfo(engine, step.signal);
  if (info.Swarm.LocalNodeState !== 'inactive') return checkMembership(job, name, info, step);
  const advertiseAddr = advertiseAddrOf(job, name);
  const swarm = await inspect(step.signal);
  warnOverlap(job, name, swarm);
  const token = record.role === 'manager' ? swarm.JoinTokens.Manager : swarm.JoinTokens.Worker;
  const remoteAddrs = await managerAddresses(job, record.name);
  await joinSwarm(engine, { advertiseAddr, remoteAddrs, token, signal: step.signal });
  const nodeId = await waitFor(
    { timeoutMs: 30_000, what: `${name} to become a node`, host: name, signal: step.signal, intervalMs: 50 } as const,
    async (signal) => {
      const { Swarm } = await engineInfo(engine, signal);
      return Swarm.LocalNodeState === 'active' && Swarm.NodeID !== '' ? Swarm.NodeID : undefined;
    },
  );
  await updateRecord(job, name, (current) => ({ ...current, nodeId, advertiseAddr }));
  step.detail(`node ${nodeId} of ${access.clusterId}`);
  return 'changed';
}

async function managerAddresses(job: CreateJob, joining: string): Promise<readonly string[]> {
  const machines = await swarmMachines(job.context, required(job.request.swarm ?? undefined, 'the swarm'));
  return machines
    .filter((machine) => machine.role === 'manager' && machine.nodeId !== null && machine.name !== joining)
    .flatMap((machine) => (machine.advertiseAddr === null ? [] : [`${machine.advertiseAddr}:2377`]));
}

/** "In a swarm" means in this one: the node must be known to our managers (a worker does not know its cluster's ID). */
async function checkMembership(job: CreateJob, name: string, info: EngineInfo, step: StepContext): Promise<StepChange> {
  const access = required(job.swarm, 'the swarm');
  const { NodeID: nodeId, LocalNodeState: state, NodeAddr, Error: trouble } = info.Swarm;
  if (state === 'locked')
    throw new SwarmupError('MANAGER_LOCKED', `${name} is locked: it needs the unlock key of its swarm`, { host: name });
  const ours = (await swarmNodes(access.engine, step.signal)).find((node) => node.ID === nodeId);
  if (ours === undefined || (info.Swarm.Cluster !== undefined && info.Swarm.Cluster.ID !== access.clusterId))
    throw foreignSwarm(name, job.request.swarm ?? '', trouble === '' ? `its node ID is ${nodeId}` : trouble);
  await updateRecord(job, name, (record) => ({
    ...record,
    nodeId,
    role: ours.Spec.Role,
    advertiseAddr: record.advertiseAddr ?? NodeAddr,
  }));
  return 'unchanged';
}

function foreignSwarm(host: string, swarm: string, detail: string): SwarmupError {
  return new SwarmupError('FOREIGN_SWARM', `${host} belongs to a swarm that is not ${swarm} (${detail})`, {
    host,
    exitCode: exitCodes.preflight,
    hints: [
      `swarmup ssh ${host} -- docker info shows it`,
      `if that swarm may lose it: swarmup ssh ${host} -- docker swarm leave --force, then run this again`,
    ],
  });
}

function warnOverlap(job: CreateJob, name: string, swarm: SwarmInspection): void {
  const pools = swarm.DefaultAddrPool ?? [];
  const clash = hostNetworks(name, jobOf(job, name).facts).find(({ cidr }) =>
    pools.some((pool) => overlaps(pool, cidr)),
  );
  if (clash !== undefined)
    job.warn(
      `the swarm's address pool ${pools.join(', ')} overlaps ${clash.cidr}, ${clash.owner}: overlay networks may clash`,
      name,
    );
}

/** Waits until the managers see the node Ready, then labels it as ours. */
async function awaitReady(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const access = required(job.swarm, 'the swarm');
  const nodeId = required(jobOf(job, name).record.nodeId ?? undefined, `the node ID of ${name}`);
  await waitFor(
    { timeoutMs: 60_000, what: `${name} to be Ready`, host: name, signal: step.signal, intervalMs: 50 },
    async (signal) => {
      const { Status } = await swarmNode(access.engine, nodeId, signal);
      if (Status.State === 'ready') return true;
      throw new Error(`its state is ${Status.State}${Status.Message === undefined ? '' : ` (${Status.Message})`}`);
    },
  );
  const labels = { 'swarmup.managed': 'true' };
  return updateNode(access.engine, nodeId, (spec) => ({ ...spec, Labels: { ...spec.Labels, ...labels } }), step.signal);
}
