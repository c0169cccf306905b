import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { networkOf } from './cidr.js';

export interface UsedNetwork {
  readonly cidr: string;
  /** Who uses it: `eth0 of this machine`, `a route of agent1`. */
  readonly owner: string;
}

/** The networks this machine is in or routes to (loopback and the default route left out), each once. */
export async function localNetworks(): Promise<readonly UsedNetwork[]> {
  const found = new Map<string, string>();
  for (const [name, addresses] of Object.entries(networkInterfaces()))
    for (const address of addresses ?? [])
      if (!address.internal && address.cidr !== null) found.set(networkOf(address.cidr), `${name} of this computer`);
  for (const cidr of parseRouteTable(await readFile('/proc/net/route', 'utf8').catch(() => '')))
    if (!found.has(cidr)) found.set(cidr, 'a route of this computer');
  return [...found].map(([cidr, owner]) => ({ cidr, owner }));
}

/** Networks of a Linux `/proc/net/route` (addresses in little-endian hex); the default route is left out. */
export function parseRouteTable(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((fields) => fields.length > 7 && fields[7] !== '00000000')
    .map((fields) => `${hexToAddress(fields[1] ?? '')}/${bitsOf(fields[7] ?? '')}`);
}

const hexToAddress = (hex: string): string => Buffer.from(hex, 'hex').reverse().join('.');
const bitsOf = (hexMask: string): number => Number.parseInt(hexMask, 16).toString(2).replaceAll('0', '').length;
