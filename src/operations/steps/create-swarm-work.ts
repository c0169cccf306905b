import type { CreateWork } from '../../plan/build-create-plan.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { StepChange, StepContext } from '../../plan/step.js';
import { chooseAddressPool } from '../../swarm/address-pool.js';
import { beliefOf, managedCluster, ownState } from '../../swarm/membership.js';
import { engineInfo, initSwarm, inspectSwarm, type SwarmInspection } from '../../swarm/swarm-api.js';
import { awaitReadyNode, isMadeAgain } from './become-node.js';
import { accessOf, type CreateRun, type CreateSession, required, swarmOf } from './create-run.js';
import { advertiseAddrOf, usedNetworks } from './host-networks.js';
import { joinHost } from './join-swarm.js';
import { overlayReach } from './overlay-reach.js';
import { leadsTo } from './own-address.js';
import type { OperationContext } from '../access/context.js';
import { awaitSwarm, foreignSwarm, hostEngine, openSwarm, swarmMachines } from '../access/swarm-access.js';

type SwarmWork = Pick<CreateWork<CreateSession>, 'openSwarm' | 'join' | 'awaitReady' | 'proveReach'>;

/** The work that turns hosts with engines into one swarm. */
export function createSwarmWork(run: CreateRun): SwarmWork {
  let inspection: Promise<SwarmInspection> | undefined;
  // The tokens are asked for once, when the first host really joins, and live in memory only.
  const inspect = (signal: AbortSignal): Promise<SwarmInspection> =>
    (inspection ??= inspectSwarm(accessOf(run).engine, signal).catch((error: unknown) => {
      inspection = undefined;
      throw error;
    }));
  const reach = overlayReach(run);
  return {
    openSwarm: (host, step) => (host === undefined ? findSwarm(run, step) : makeSwarm(run, host, step)),
    join: (host, step) => joinHost(run, host, step, inspect),
    awaitReady: async (host, { signal }) => {
      const { name, record } = host;
      requireOwnAddress(host);
      const nodeId = required(record.nodeId, `the node ID of ${name}`);
      // A manager is reached by the others some seconds after it is Ready; nothing here has to wait for that.
      const change = await awaitReadyNode(accessOf(run).engine, { name, nodeId, role: null }, signal);
      reach.joined(host);
      return change;
    },
    proveReach: reach.prove,
  };
}

/** The join sees to it; what is not the host's own after that would lead the packets of others to another host. */
function requireOwnAddress({ name, driver, facts, record: { advertiseAddr, swarm } }: CreateSession): void {
  if (advertiseAddr !== null && leadsTo(driver, required(facts, 'facts'), advertiseAddr)) return;
  throw new SwarmupError(
    'ADDRESS_FOREIGN',
    `the node of ${name} advertises ${advertiseAddr ?? 'no address'}, which is not an address of the host`,
    {
      host: name,
      exitCode: exitCodes.unhealthy,
      hints: [
        `${swarmup`swarm leave ${inSwarm(swarm)} ${name}`}, then ${swarmup`swarm join ${inSwarm(swarm)} ${name}`}`,
      ],
    },
  );
}

async function findSwarm(run: CreateRun, step: StepContext): Promise<StepChange> {
  const { name } = swarmOf(run);
  const { signal } = step;
  const context = { ...run.context, signal };
  // One that was made again is to leave the swarm and join it again, which only another manager can see to.
  const again = run.hosts.filter(({ role, record }) => role === 'manager' && isMadeAgain(record));
  const except = await withOthers(
    context,
    name,
    again.map((host) => host.name),
  );
  // Managers that were just started have to find each other first.
  const areStarting = again.length > 0 || run.hosts.some(({ role, hadNoPower }) => hadNoPower && role === 'manager');
  if (areStarting) {
    const { reviveOnlyManager } = await import('./revive-manager.js');
    await reviveOnlyManager(context, name, step);
  }
  run.access = areStarting
    ? await awaitSwarm(context, name, except)
    : await openSwarm(run.context, name, { signal, waitMs: 20_000 });
  return 'unchanged';
}

/** The names, if the swarm has other managers than these; else none, because one of these is all that is left of it. */
async function withOthers(
  context: OperationContext,
  swarm: string,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const machines = await swarmMachines(context, swarm);
  const isOther = ({ role, nodeId, name }: MachineRecord): boolean =>
    role === 'manager' && nodeId !== null && !names.includes(name);
  return machines.some(isOther) ? names : [];
}

async function makeSwarm(run: CreateRun, host: CreateSession, step: StepContext): Promise<StepChange> {
  const { context } = run;
  const { signal } = step;
  const swarm = swarmOf(run);
  const engine = hostEngine(context, host.record);
  let info = await engineInfo(engine, signal);
  const fresh = beliefOf(info.Swarm) === 'outside';
  const advertiseAddr = fresh ? advertiseAddrOf(run, host) : info.Swarm.NodeAddr;
  if (fresh) {
    const addressPool = chooseAddressPool(await usedNetworks(run), swarm.addressPool);
    step.detail(`advertises ${advertiseAddr}, overlay networks from ${addressPool}`);
    await initSwarm(engine, { advertiseAddr, addressPool, dataPathPort: swarm.dataPathPort, signal });
    info = await engineInfo(engine, signal);
  }
  // No swarm is on record and this host was made for it, so a killed create has started its swarm.
  const clusterId = managedCluster(info.Swarm);
  if (clusterId === undefined)
    throw foreignSwarm(
      host.name,
      swarm.name,
      info.Swarm.Error || `the node is ${ownState(info.Swarm)} and is not a manager`,
    );
  const manager = await host.update((record) => ({ ...record, nodeId: info.Swarm.NodeID, advertiseAddr }));
  await context.store.writeSwarm({
    schemaVersion: 1,
    name: swarm.name,
    clusterId,
    createdAt: context.now().toISOString(),
    ...(swarm.agent === false && { agent: false }),
    ...(swarm.dataPathPort !== undefined && { dataPathPort: swarm.dataPathPort }),
  });
  run.access = { manager, engine, clusterId };
  run.isNewSwarm = fresh;
  return fresh ? 'changed' : 'unchanged';
}
