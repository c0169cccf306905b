import { readFacts } from '../../bootstrap/facts.js';
import { type HostFacts, isDockerInterface } from '../../bootstrap/host-facts.js';
import { networkOf } from '../../lib/cidr.js';
import { messageOf, usageError } from '../../lib/errors.js';
import { localNetworks, type UsedNetwork } from '../../lib/local-networks.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import { singleStep } from '../../plan/single-step.js';
import { createNetwork, isOverlay, listNetworks, type Network, subnetsOf } from '../../swarm/network-api.js';
import { checkedRanges, chooseSubnet, type WantedRanges } from '../../swarm/network-ranges.js';
import { mtuOption, overlayMtu, underlayFor, usualUnderlay } from '../../swarm/overlay-mtu.js';
import { readSwarmState } from '../../swarm/swarm-settings.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';

export interface CreateNetworkRequest extends WantedRanges {
  readonly swarm: string;
  readonly name: string;
  readonly encrypted: boolean;
  readonly attachable: boolean;
  readonly internal: boolean;
  readonly ingress: boolean;
  /** Of containers in it; undefined: what fits the networks between the hosts. */
  readonly mtu: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
}

export interface CreateNetworkResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly name: string;
  /** null: nothing was made. */
  readonly id: string | null;
  /** null: the engine chooses one of the address pool. */
  readonly subnet: string | null;
  /** Of containers in it. */
  readonly mtu: number;
  /** The smallest MTU of what is below. */
  readonly underlayMtu: number;
}

/**
 * Creates an overlay network that does not overlap a network of a host, of this computer or of the swarm, with an MTU
 * that suits the networks below it. Errors: NETWORK_EXISTS, INGRESS_EXISTS, NETWORK_NAME_INVALID, CIDR_INVALID,
 * RANGE_INVALID, MTU_INVALID (exit 2), NETWORK_OVERLAP, ADDRESS_POOL_USED_UP (exit 3); those of `guardSwarm`; LOCKED.
 */
export async function makeNetwork(
  context: OperationContext,
  request: CreateNetworkRequest,
): Promise<CreateNetworkResult> {
  checkName(request.name);
  const ranges = checkedRanges(request);
  const { swarm, dryRun } = request;
  const plan = (looked: GuardedSwarm) => planNetwork(context, request, ranges, looked);
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun });
}

async function planNetwork(
  context: OperationContext,
  request: CreateNetworkRequest,
  ranges: WantedRanges,
  { access, machines }: GuardedSwarm,
): Promise<Plan<CreateNetworkResult>> {
  const { swarm, name, dryRun } = request;
  const { signal } = context;
  const [networks, state, hosts] = await Promise.all([
    listNetworks(access.engine, signal),
    readSwarmState(access.engine, signal),
    lookAtHosts(context, machines),
  ]);
  checkFree(request, networks);
  const used = [...swarmNetworks(networks), ...hosts.flatMap(hostNetworks), ...(await localNetworks())];
  const pool = { pools: state.DefaultAddrPool ?? [], prefix: state.SubnetSize };
  const subnet = chooseSubnet(name, ranges.subnet, used, pool);
  const underlayMtu = Math.min(usualUnderlay, ...hosts.map(underlayOf));
  const { mtu, option } = chooseMtu(request, underlayMtu);
  const planned = { swarm, dryRun, name, id: null, subnet: subnet ?? null, mtu, underlayMtu };
  const config = subnet === undefined ? [] : [{ Subnet: subnet, Gateway: ranges.gateway, IPRange: ranges.ipRange }];
  return singleStep<CreateNetworkResult>({
    id: 'network/make',
    title: `make the network ${name}`,
    planned,
    act: async (step) => {
      const id = await createNetwork(access.engine, networkBody(request, config, option), step.signal);
      if (subnet !== undefined) return { ...planned, id };
      const made = (await listNetworks(access.engine, step.signal)).find(({ Id }) => Id === id);
      return { ...planned, id, subnet: made?.IPAM.Config?.[0]?.Subnet ?? null };
    },
  });
}

const networkBody = (
  { name, attachable, internal, ingress, encrypted, labels }: CreateNetworkRequest,
  config: readonly object[],
  option: number | undefined,
) => ({
  Name: name,
  CheckDuplicate: true,
  Driver: 'overlay',
  Scope: 'swarm',
  Attachable: attachable,
  Internal: internal,
  Ingress: ingress,
  IPAM: { Driver: 'default', Config: config },
  Options: { ...(encrypted && { encrypted: '' }), ...(option !== undefined && { [mtuOption]: String(option) }) },
  Labels: labels,
});

function checkName(name: string): void {
  if (/^[a-zA-Z0-9][\w.-]*$/.test(name)) return;
  throw usageError(
    'NETWORK_NAME_INVALID',
    `'${name}' is not a valid name for a network`,
    'use letters, digits, _ . and -',
  );
}

/** Docker accepts a second network with the same name, and the name is then ambiguous. */
function checkFree({ swarm, name, ingress }: CreateNetworkRequest, networks: readonly Network[]): void {
  if (networks.some(({ Name }) => Name === name))
    throw usageError(
      'NETWORK_EXISTS',
      `a network named ${name} exists already`,
      swarmup`network inspect ${inSwarm(swarm)} ${name}`,
    );
  const other = networks.find((network) => network.Ingress === true);
  if (ingress && other !== undefined)
    throw usageError(
      'INGRESS_EXISTS',
      `${other.Name} is the ingress network already, and there can be only one`,
      `${swarmup`network rm ${inSwarm(swarm)} ${other.Name}`} first; no service may publish ports by the routing mesh meanwhile`,
    );
}

interface SeenHost {
  readonly record: MachineRecord;
  readonly facts: HostFacts;
}

/** A host that cannot be asked is left out, with a word about it. */
async function lookAtHosts(
  context: OperationContext,
  machines: readonly MachineRecord[],
): Promise<readonly SeenHost[]> {
  const seen = await Promise.all(
    machines
      .filter(({ endpoint }) => endpoint !== null)
      .map(async (record): Promise<readonly SeenHost[]> => {
        try {
          const runner = await context.connect(record);
          return [{ record, facts: await readFacts(runner, { signal: context.signal }) }];
        } catch (error) {
          context.signal.throwIfAborted();
          const message = `the networks and the MTU of the host are not known: ${messageOf(error)}`;
          context.report({ type: 'warning', host: record.name, message });
          return [];
        }
      }),
  );
  return seen.flat();
}

const swarmNetworks = (networks: readonly Network[]): readonly UsedNetwork[] =>
  subnetsOf(networks).map(({ name, subnet }) => {
    const overlay = networks.some((network) => network.Name === name && isOverlay(network));
    return { cidr: networkOf(subnet), owner: overlay ? `the network ${name}` : `the network ${name} of a manager` };
  });

const hostNetworks = ({ record, facts }: SeenHost): readonly UsedNetwork[] =>
  facts.routes.map((cidr) => ({ cidr: networkOf(cidr), owner: `a network of ${record.name}` }));

/** Of the interface whose address the swarm advertises, which the packets of overlay networks leave by. */
function underlayOf({ record, facts }: SeenHost): number {
  const own = facts.interfaces.find(
    ({ name, addresses }) =>
      !isDockerInterface(name) && addresses.some(({ address }) => address === record.advertiseAddr),
  );
  return own?.mtu ?? facts.defaultRoute?.mtu ?? usualUnderlay;
}

const smallest = 576;
const largest = 65_000;

/** The MTU of containers, and the engine option for it; undefined: the default is correct. */
function chooseMtu(
  { mtu: wanted, encrypted }: CreateNetworkRequest,
  underlay: number,
): { readonly mtu: number; readonly option: number | undefined } {
  if (wanted !== undefined && (wanted < smallest || wanted > largest))
    throw usageError('MTU_INVALID', `--mtu ${wanted} is not between ${smallest} and ${largest}`);
  const below = wanted === undefined ? underlay : underlayFor(wanted, encrypted);
  return { mtu: overlayMtu(below, encrypted), option: below === usualUnderlay ? undefined : below };
}
