import { contains } from '../lib/cidr.js';
import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';

/** The addresses of a host, as facts tell them. */
export interface HostNetworks {
  readonly interfaces: readonly {
    readonly name: string;
    readonly addresses: readonly { readonly address: string; readonly temporary: boolean }[];
  }[];
  readonly defaultRoute: { readonly interface: string } | undefined;
}

/**
 * The address that a host advertises to the swarm. In this order: what the user asked for (an address of the
 * host, an interface, or a network that the host is in), the first of the driver's private addresses that the
 * host really has (no loopback: such a host is reached through a forwarded port), the address of the interface with the default route.
 * Errors: ADVERTISE_ADDR_UNKNOWN (exit 3) with the addresses there are.
 */
export function chooseAdvertiseAddr(
  host: string,
  networks: HostNetworks,
  privateAddresses: readonly string[],
  wanted?: string,
): string {
  const all = networks.interfaces.flatMap(({ name, addresses }) =>
    addresses.filter((a) => !a.temporary).map(({ address }) => ({ name, address })),
  );
  const found =
    wanted === undefined
      ? (all.find(({ address }) => privateAddresses.includes(address) && isGlobal(address)) ??
        all.find(({ name, address }) => name === networks.defaultRoute?.interface && isGlobal(address)))
      : all.find(({ name, address }) => isWanted(wanted, name, address));
  if (found !== undefined) return found.address;
  const known = all
    .filter(({ address }) => isGlobal(address))
    .map(({ name, address }) => `${address} (${name})`)
    .join(', ');
  const what =
    wanted === undefined
      ? 'has no address that a swarm could advertise'
      : `has no address for --advertise-addr ${wanted}`;
  throw new SwarmupError('ADVERTISE_ADDR_UNKNOWN', `${host} ${what}; it has ${known === '' ? 'none' : known}`, {
    host,
    exitCode: exitCodes.preflight,
    hints: ['--advertise-addr accepts an address of the host, an interface name or a network such as 10.0.0.0/24'],
  });
}

/** An interface of the host has the address, so packets to it arrive at this host. */
export const isOwnAddress = ({ interfaces }: HostNetworks, address: string): boolean =>
  interfaces.some(({ addresses }) => addresses.some((own) => own.address === address));

function isWanted(wanted: string, name: string, address: string): boolean {
  if (wanted.includes('/')) return contains(wanted, address);
  return wanted === address || (wanted === name && isGlobal(address));
}

const isGlobal = (address: string): boolean => !/^(127\.|169\.254\.|::1$|fe80:)/i.test(address);
