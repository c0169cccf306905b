import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { nearest } from '../../lib/nearest.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { Plan } from '../../plan/plan.js';
import { isOverlay, listNetworks, type Network, removeNetwork, retireNetwork } from '../../swarm/network-api.js';
import { mtuOption, overlayMtu, usualUnderlay } from '../../swarm/overlay-mtu.js';
import { listServices } from '../../swarm/workload-api.js';
import type { Service } from '../../swarm/workload.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { hostOutcomes, hostSteps } from '../access/host-steps.js';
import type { HostOutcome } from '../access/results.js';
import { openSwarm } from '../access/swarm-access.js';

export interface NetworkRow {
  readonly id: string;
  readonly name: string;
  readonly subnet: string | null;
  readonly gateway: string | null;
  readonly ipRange: string | null;
  /** Of containers in it. */
  readonly mtu: number;
  readonly encrypted: boolean;
  readonly attachable: boolean;
  readonly internal: boolean;
  readonly ingress: boolean;
  /** Services that are in it. */
  readonly services: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt: string | null;
}

export interface NetworkListResult {
  readonly swarm: string;
  readonly networks: readonly NetworkRow[];
}

export interface RemoveNetworksResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly networks: readonly HostOutcome[];
}

/** The overlay networks of a swarm, by name; with `names` those. Errors: NETWORK_UNKNOWN (exit 2), of `openSwarm`. */
export async function networksOf(
  context: OperationContext,
  request: { readonly swarm: string; readonly names?: readonly string[] },
): Promise<NetworkListResult> {
  const { swarm, names } = request;
  const { engine } = await openSwarm(context, swarm);
  const [listed, services] = await Promise.all([
    listNetworks(engine, context.signal),
    listServices(engine, {}, context.signal),
  ]);
  const overlays = listed.filter(isOverlay);
  const chosen = names === undefined ? overlays : names.map((name) => findNetwork(swarm, overlays, name));
  const rows = chosen.map((network) => networkRow(network, services));
  return { swarm, networks: rows.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/**
 * Removes networks that no service is in. Errors: NETWORK_UNKNOWN (exit 2), NETWORK_IN_USE (exit 3) before anything is
 * removed; those of `guardSwarm`; LOCKED.
 */
export function removeNetworks(
  context: OperationContext,
  request: { readonly swarm: string; readonly names: readonly string[]; readonly dryRun: boolean },
): Promise<RemoveNetworksResult> {
  const { swarm, dryRun } = request;
  const plan = async ({ access: { engine } }: GuardedSwarm): Promise<Plan<RemoveNetworksResult>> => {
    const [listed, services] = await Promise.all([
      listNetworks(engine, context.signal),
      listServices(engine, {}, context.signal),
    ]);
    const chosen = [...new Set(request.names)].map((name) => findNetwork(swarm, listed.filter(isOverlay), name));
    for (const network of chosen) {
      const users = usersOf(network, services);
      if (users.length > 0) throw inUse(swarm, network.Name, users);
    }
    const steps = hostSteps([...new Set(chosen.map(({ Name }) => Name))], {
      title: 'remove the network',
      done: 'removed',
      planned: 'would-remove',
      look: () => Promise.resolve('changed'),
      act: async (name, { signal }) => {
        const { Id: id } = findNetwork(swarm, chosen, name);
        // At once what the engine says of one in use; then until another of this name can be made.
        await removeNetwork(engine, id, signal);
        await retireNetwork(engine, { id, name }, signal);
        return 'changed';
      },
    });
    return { steps, result: (outcome) => ({ swarm, dryRun, networks: hostOutcomes(steps, outcome, { dryRun }) }) };
  };
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun });
}

function findNetwork(swarm: string, networks: readonly Network[], wanted: string): Network {
  const found = networks.find(({ Name, Id }) => Name === wanted || Id === wanted);
  if (found !== undefined) return found;
  const meant = nearest(
    wanted,
    networks.map(({ Name }) => Name),
  );
  const ls = swarmup`network ls ${inSwarm(swarm)}`;
  const hint = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `${ls} shows all networks`;
  throw usageError('NETWORK_UNKNOWN', `there is no overlay network named ${wanted}`, hint);
}

interface Attachment {
  readonly Target?: string;
}

/** A network may stand in a service itself or in its tasks, by ID or by name. */
function usersOf({ Id, Name }: Network, services: readonly Service[]): readonly string[] {
  return services
    .filter(({ Spec }) => {
      const attached = [Spec['Networks'], Spec.TaskTemplate?.['Networks']] as (
        readonly Attachment[] | null | undefined
      )[];
      return attached.some((list) => (list ?? []).some(({ Target }) => Target === Id || Target === Name));
    })
    .map(({ Spec }) => Spec.Name)
    .sort();
}

const inUse = (swarm: string, name: string, services: readonly string[]): SwarmupError =>
  new SwarmupError('NETWORK_IN_USE', `the network ${name} is used by ${services.join(', ')}`, {
    exitCode: exitCodes.preflight,
    hints: [
      swarmup`service update ${inSwarm(swarm)} --network-rm ${name} ${services[0] ?? 'SERVICE'}`,
      `or ${swarmup`service rm ${inSwarm(swarm)} ${services}`}`,
    ],
  });

function networkRow(network: Network, services: readonly Service[]): NetworkRow {
  const { Id, Name, IPAM, Options, Labels, Created, Attachable, Internal, Ingress } = network;
  const [range] = IPAM.Config ?? [];
  const encrypted = Options?.['encrypted'] !== undefined;
  const below = Number(Options?.[mtuOption] ?? usualUnderlay);
  return {
    id: Id,
    name: Name,
    subnet: range?.Subnet ?? null,
    gateway: range?.Gateway ?? null,
    ipRange: range?.IPRange ?? null,
    mtu: overlayMtu(below, encrypted),
    encrypted,
    attachable: Attachable === true,
    internal: Internal === true,
    ingress: Ingress === true,
    services: usersOf(network, services),
    labels: Labels ?? {},
    createdAt: Created ?? null,
  };
}
