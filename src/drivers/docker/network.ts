import { readFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';
import { contains, networkOf, overlaps } from '../../lib/cidr.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { localNetworks, type UsedNetwork } from '../../lib/local-networks.js';
import { type DockerOptions, labels } from './docker-state.js';
import { isStatus, says, tolerate } from './host-container.js';

/** The number of attempts if another program acts first. */
const maxAttempts = 6;
const mtuOption = 'com.docker.network.driver.mtu';

/** Not in 10.0.0.0/8, which swarm takes its overlay networks from, and not where docker begins to allocate. */
const candidates = [30, 29, 28, 27, 26].flatMap((second) =>
  Array.from({ length: 32 }, (_, third) => `172.${second}.${third}.0/24`),
);

/** API: GET /networks. */
interface EngineNetwork {
  readonly Name: string;
  readonly Driver: string;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null };
  readonly Options: Readonly<Record<string, string | undefined>> | null;
  readonly Labels: Readonly<Record<string, string | undefined>> | null;
  /** Only of one network, not in the list. */
  readonly Containers?: Readonly<Record<string, { readonly IPv4Address: string }>>;
}

/** The network of the hosts, as it is or will be. */
export interface HostNetwork {
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string | undefined;
  readonly mtu: number | undefined;
  /** Addresses that running containers hold. */
  readonly held: readonly string[];
  readonly exists: boolean;
}

interface Wanted extends Pick<DockerOptions, 'subnet'> {
  readonly network: string;
}

/**
 * The network that hosts are or would be put into; makes nothing.
 * Errors: CIDR_INVALID, SUBNET_INVALID, SUBNET_MISMATCH (exit 2), SUBNET_OVERLAP, SUBNET_NONE_FREE (exit 3).
 */
export async function planNetwork(
  engine: EngineClient,
  wanted: Wanted,
  signal: AbortSignal,
  alsoUsed: readonly UsedNetwork[] = [],
): Promise<HostNetwork> {
  const found = await findNetwork(engine, wanted.network, signal);
  if (found !== undefined) return existingNetwork(found, wanted.subnet);
  const used = [...(await engineNetworks(engine, signal)), ...(await localNetworks()), ...alsoUsed];
  const subnet = wanted.subnet === undefined ? firstFree(used) : checkSubnet(wanted.subnet, used);
  return {
    name: wanted.network,
    subnet,
    gateway: undefined,
    mtu: await machineMtu(),
    held: [],
    exists: false,
  };
}

/**
 * Makes the network unless it is there. Call it under the network's lock; a process of another store that makes the
 * same one, or takes the same subnet, at the same time is fine too. Errors: those of `planNetwork`.
 */
export async function ensureNetwork(
  engine: EngineClient,
  wanted: Wanted & { readonly labels: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<HostNetwork> {
  // The engine lists a network only when it is complete: a refused subnet is in use even if the list does not show it.
  const refused: UsedNetwork[] = [];
  for (let attempt = 1; ; attempt++) {
    const plan = await planNetwork(engine, wanted, signal, refused);
    if (plan.exists) return plan;
    try {
      await engine.request('POST', '/networks/create', { signal, body: networkBody(plan, wanted.labels) });
    } catch (error) {
      const overtaken = isStatus(error, 409) || says(error, /overlap/i);
      if (!overtaken || attempt === maxAttempts) throw error;
      if (!isStatus(error, 409)) refused.push({ cidr: plan.subnet, owner: 'a network that is being made' });
    }
  }
}

function networkBody({ name, subnet, mtu }: HostNetwork, ownLabels: Readonly<Record<string, string>>): unknown {
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    IPAM: { Config: [{ Subnet: subnet }] },
    Options: mtu === undefined ? {} : { [mtuOption]: String(mtu) },
    Labels: { ...ownLabels, [labels.network]: name },
  };
}

/** Removes the network if swarmup made it and no host, running or stopped, is left in it. Under the network's lock. */
export async function removeUnusedNetwork(engine: EngineClient, name: string, signal: AbortSignal): Promise<void> {
  const found = await findNetwork(engine, name, signal);
  if (found?.Labels?.[labels.network] !== name) return;
  const filters = JSON.stringify({ network: [name] });
  const users = await engine.request<readonly unknown[]>('GET', '/containers/json', {
    signal,
    query: { all: true, limit: 1, filters },
  });
  // 403: another container is in the network after all.
  if (users.length === 0) await tolerate(engine.request('DELETE', `/networks/${name}`, { signal }), 403, 404);
}

/** The first of the host's earlier addresses that is free, else the lowest free one. Errors: SUBNET_FULL (exit 3). */
export function freeAddress(network: HostNetwork, taken: readonly string[], own: readonly string[] = []): string {
  const used = new Set([...taken, ...network.held, network.gateway]);
  const earlier = own.find((address) => contains(network.subnet, address) && !used.has(address));
  if (earlier !== undefined) return earlier;
  const [base, prefix] = ipaddr.IPv4.parseCIDR(networkOf(network.subnet));
  const first = base.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
  // .0 is the network, .1 the gateway that docker chooses, the last one the broadcast address.
  for (let offset = 2; offset < 2 ** (32 - prefix) - 1; offset++) {
    const address = [24, 16, 8, 0].map((shift) => Math.floor((first + offset) / 2 ** shift) % 256).join('.');
    if (!used.has(address)) return address;
  }
  throw new SwarmupError('SUBNET_FULL', `no address is free in ${network.subnet} of the network '${network.name}'`, {
    exitCode: exitCodes.preflight,
    hints: ['use another network with a larger subnet: --docker-network NAME --docker-subnet 172.26.0.0/20'],
  });
}

/** API: GET /networks/{name}. */
async function findNetwork(
  engine: EngineClient,
  name: string,
  signal: AbortSignal,
): Promise<EngineNetwork | undefined> {
  try {
    return await engine.request<EngineNetwork>('GET', `/networks/${encodeURIComponent(name)}`, { signal });
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

function existingNetwork(found: EngineNetwork, wantedSubnet: string | undefined): HostNetwork {
  const config = found.IPAM.Config?.find(({ Subnet }) => Subnet !== undefined && ipaddr.IPv4.isValidCIDR(Subnet));
  if (found.Driver !== 'bridge' || config?.Subnet === undefined)
    throw usageError(
      'NETWORK_UNSUITABLE',
      `the docker network '${found.Name}' is not a bridge network with a subnet`,
      'choose another name: --docker-network NAME',
    );
  if (wantedSubnet !== undefined && networkOf(wantedSubnet) !== networkOf(config.Subnet))
    throw usageError(
      'SUBNET_MISMATCH',
      `the docker network '${found.Name}' has the subnet ${config.Subnet}, not ${wantedSubnet}`,
      'choose another network (--docker-network NAME), or leave out --docker-subnet',
    );
  const mtu = Number(found.Options?.[mtuOption]);
  return {
    name: found.Name,
    subnet: config.Subnet,
    gateway: config.Gateway,
    mtu: mtu > 0 ? mtu : undefined,
    held: Object.values(found.Containers ?? {}).map(({ IPv4Address }) => IPv4Address.replace(/\/.*/, '')),
    exists: true,
  };
}

async function engineNetworks(engine: EngineClient, signal: AbortSignal): Promise<readonly UsedNetwork[]> {
  const networks = await engine.request<readonly EngineNetwork[]>('GET', '/networks', { signal });
  return networks.flatMap(({ Name, IPAM }) =>
    (IPAM.Config ?? []).flatMap(({ Subnet }) =>
      Subnet === undefined ? [] : [{ cidr: Subnet, owner: `the docker network '${Name}'` }],
    ),
  );
}

function checkSubnet(wanted: string, used: readonly UsedNetwork[]): string {
  const subnet = networkOf(wanted);
  if (!ipaddr.IPv4.isValidCIDR(subnet) || Number(subnet.split('/')[1]) > 29)
    throw usageError(
      'SUBNET_INVALID',
      `'${wanted}' is not an IPv4 network with room for hosts`,
      'name a subnet, for example --docker-subnet 172.30.0.0/24',
    );
  const taken = used.find(({ cidr }) => overlaps(cidr, subnet));
  if (taken !== undefined) throw overlapError(subnet, `${taken.cidr} (${taken.owner})`);
  return subnet;
}

function firstFree(used: readonly UsedNetwork[]): string {
  const free = candidates.find((candidate) => !used.some(({ cidr }) => overlaps(cidr, candidate)));
  if (free !== undefined) return free;
  throw new SwarmupError('SUBNET_NONE_FREE', `all ${candidates.length} subnets that swarmup can choose are in use`, {
    exitCode: exitCodes.preflight,
    hints: ['name a free subnet: --docker-subnet 192.168.77.0/24'],
  });
}

function overlapError(subnet: string, other: string): SwarmupError {
  return new SwarmupError('SUBNET_OVERLAP', `the subnet ${subnet} overlaps with ${other}`, {
    exitCode: exitCodes.preflight,
    hints: ['choose another subnet with --docker-subnet, or leave out the option and swarmup finds a free subnet'],
  });
}

/** MTU of this machine's way out where that is smaller than ethernet's: larger packets would vanish on their way. */
async function machineMtu(): Promise<number | undefined> {
  const routes = await readFile('/proc/net/route', 'utf8').catch(() => '');
  const devices = routes
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .map(([device]) => device ?? '');
  const mtus = await Promise.all(
    devices.map(async (device) => Number(await readFile(`/sys/class/net/${device}/mtu`, 'utf8').catch(() => '1500'))),
  );
  const smallest = Math.min(1500, ...mtus);
  return smallest < 1500 ? smallest : undefined;
}
