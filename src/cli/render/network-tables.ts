import type { CreateNetworkResult } from '../../operations/networks/create-network.js';
import type { NetworkRow } from '../../operations/networks/networks.js';
import type { Listing } from './listing.js';

/** The list of `network ls`. */
export const networkListing: Listing<NetworkRow> = {
  id: ({ id }) => id,
  columns: {
    Name: { text: ({ name }) => name, head: 'NETWORK' },
    ID: { text: ({ id }) => id, head: null },
    Subnet: { text: ({ subnet }) => subnet ?? '-' },
    MTU: { text: ({ mtu }) => String(mtu) },
    Kind: { text: kindOf },
    Services: { text: ({ services }) => services.join(', ') || '-' },
    Driver: { text: () => 'overlay', head: null },
    Scope: { text: () => 'swarm', head: null },
    CreatedAt: { text: ({ createdAt }) => createdAt ?? '-', head: null },
  },
  labels: ({ labels }) => Object.entries(labels).map(([key, value]) => `${key}=${value}`),
};

function kindOf({ encrypted, attachable, internal, ingress }: NetworkRow): string {
  const kinds = Object.entries({ encrypted, attachable, internal, ingress }).filter(([, is]) => is);
  return kinds.map(([kind]) => kind).join(', ') || '-';
}

/** What is known of a network, a line each. */
export function networkDetails(network: NetworkRow): string {
  const labels = Object.entries(network.labels).map(([key, value]) => `${key}=${value}`);
  const rows: readonly (readonly [string, string])[] = [
    ['network', network.name],
    ['id', network.id],
    ['subnet', network.subnet ?? '-'],
    ['gateway', network.gateway ?? '-'],
    ['range', network.ipRange ?? '-'],
    ['mtu', String(network.mtu)],
    ['kind', kindOf(network)],
    ['services', network.services.join(', ') || '-'],
    ['labels', labels.join(', ') || '-'],
    ['created', network.createdAt?.replace(/\.\d+Z$/, 'Z') ?? '-'],
  ];
  return rows.map(([what, text]) => `${what.padEnd(8)}  ${text}\n`).join('');
}

/** What `network create` did. */
export function createdNetwork({ name, id, subnet, mtu, underlayMtu, dryRun }: CreateNetworkResult): string {
  const what = `${subnet ?? 'a free subnet of the address pool'}, MTU ${mtu} (over ${underlayMtu})`;
  return dryRun ? `${name} would be made: ${what}\n` : `${name}: ${what}\n${id ?? ''}\n`;
}
