import type { CreateWork } from '../../plan/build-create-plan.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { chooseAddressPool } from '../../swarm/address-pool.js';
import { beliefOf, managedCluster } from '../../swarm/membership.js';
import { engineInfo, initSwarm, inspectSwarm, type SwarmInspection } from '../../swarm/swarm-api.js';
import { awaitReadyNode } from './become-node.js';
import { type CreateJob, jobOf, required, updateRecord } from './create-job.js';
import { advertiseAddrOf, usedNetworks } from './host-networks.js';
import { joinHost } from './join-swarm.js';
import { awaitSwarm, foreignSwarm, hostEngine, openSwarm } from '../access/swarm-access.js';

type SwarmWork = Pick<CreateWork, 'openSwarm' | 'join' | 'awaitReady'>;

/** The work that turns hosts with engines into one swarm. */
export function createSwarmWork(job: CreateJob): SwarmWork {
  let inspection: Promise<SwarmInspection> | undefined;
  // The tokens are asked for once, when the first host really joins, and live in memory only.
  const inspect = (signal: AbortSignal): Promise<SwarmInspection> =>
    (inspection ??= inspectSwarm(required(job.swarm, 'the swarm').engine, signal).catch((error: unknown) => {
      inspection = undefined;
      throw error;
    }));
  return {
    openSwarm: (name, step) => (name === undefined ? findSwarm(job, step) : makeSwarm(job, name, step)),
    join: (name, step) => joinHost(job, name, step, inspect),
    awaitReady: (name, step) => awaitReady(job, name, step),
  };
}

async function findSwarm(job: CreateJob, step: StepContext): Promise<StepChange> {
  const swarm = required(job.request.swarm ?? undefined, 'the name of the swarm');
  const { signal } = step;
  // Managers that were just started have to find each other first.
  const areStarting = [...job.hosts.values()].some(
    ({ record, hadNoPower }) => hadNoPower === true && record.role === 'manager',
  );
  if (areStarting) {
    const { reviveOnlyManager } = await import('./revive-manager.js');
    await reviveOnlyManager({ ...job.context, signal }, swarm, step);
  }
  job.swarm = areStarting
    ? await awaitSwarm({ ...job.context, signal }, swarm)
    : await openSwarm(job.context, swarm, { signal, waitMs: 20_000 });
  return 'unchanged';
}

async function makeSwarm(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const swarm = required(job.request.swarm ?? undefined, 'the name of the swarm');
  const host = jobOf(job, name);
  const engine = hostEngine(job.context, host.record);
  let info = await engineInfo(engine, step.signal);
  const fresh = beliefOf(info.Swarm) === 'outside';
  const advertiseAddr = fresh ? advertiseAddrOf(job, name) : info.Swarm.NodeAddr;
  if (fresh) {
    const addressPool = chooseAddressPool(await usedNetworks(job), job.request.addressPool);
    step.detail(`advertises ${advertiseAddr}, overlay networks from ${addressPool}`);
    const { dataPathPort } = job.request;
    await initSwarm(engine, { advertiseAddr, addressPool, dataPathPort, signal: step.signal });
    info = await engineInfo(engine, step.signal);
  }
  // No swarm is on record and this host was made for it: what it is in is what a killed create has begun.
  const clusterId = managedCluster(info.Swarm);
  if (clusterId === undefined)
    throw foreignSwarm(name, swarm, info.Swarm.Error || `it is ${info.Swarm.LocalNodeState} there and no manager`);
  await updateRecord(job, name, (record) => ({ ...record, nodeId: info.Swarm.NodeID, advertiseAddr }));
  await job.context.store.writeSwarm({
    schemaVersion: 1,
    name: swarm,
    clusterId,
    createdAt: job.context.now().toISOString(),
    ...(job.request.agent === false && { agent: false }),
  });
  job.swarm = { manager: jobOf(job, name).record, engine, clusterId };
  job.isNewSwarm = fresh;
  return fresh ? 'changed' : 'unchanged';
}

/** Waits until the managers see the node Ready, then labels it as ours. */
async function awaitReady(job: CreateJob, name: string, step: StepContext): Promise<StepChange> {
  const access = required(job.swarm, 'the swarm');
  const nodeId = required(jobOf(job, name).record.nodeId ?? undefined, `the node ID of ${name}`);
  // A manager is reached by the others some seconds after it is Ready; nothing here has to wait for that.
  return awaitReadyNode(access.engine, { name, nodeId, role: null }, step.signal);
}
