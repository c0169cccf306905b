import ipaddr from 'ipaddr.js';
import { usageError } from './errors.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The network of an address with prefix length, in canonical form: `10.1.2.3/8` → `10.0.0.0/8`. Errors: CIDR_INVALID (exit 2). */
export function networkOf(cidr: string): string {
  const [address, prefix] = parse(cidr);
  const network =
    address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${prefix}`;
}

/** True when two networks share an address. Networks of different families never do. */
export function overlaps(one: string, other: string): boolean {
  const a = parse(one);
  const b = parse(other);
  if (a[0].kind() !== b[0].kind()) return false;
  const shorter = Math.min(a[1], b[1]);
  return a[0].match(b[0], shorter);
}

/** The `index`-th IPv4 subnet of this prefix length in a network, from 0: `10.0.0.0/8`, 24, 1 → `10.0.1.0/24`. */
export function subnetAt(network: string, prefix: number, index: number): string {
  const [address] = parse(networkOf(network));
  const first = address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
  const start = first + index * 2 ** (32 - prefix);
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${bytes.join('.')}/${prefix}`;
}

/** True when the address lies in the network. */
export function contains(cidr: string, address: string): boolean {
  return ipaddr.isValid(address) && overlaps(cidr, `${address}/${ipaddr.IPv4.isValid(address) ? '32' : '128'}`);
}

/** True for addresses that only a local network routes (RFC 1918, RFC 4193). */
export function isPrivate(address: string): boolean {
  return ipaddr.isValid(address) && ['private', 'uniqueLocal'].includes(ipaddr.parse(address).range());
}

function parse(cidr: string): Range {
  if (!ipaddr.isValidCIDR(cidr))
    throw usageError('CIDR_INVALID', `'${cidr}' is not a network`, 'write a network as in 10.20.0.0/16');
  return ipaddr.parseCIDR(cidr);
}
