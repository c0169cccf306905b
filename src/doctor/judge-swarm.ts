import { overlaps } from '../lib/cidr.js';
import type { Finding } from './finding.js';
import type { ExaminedHost } from './judge-hosts.js';

/** The parts of the swarm that can collide with the networks of its hosts. */
interface SwarmNetworks {
  readonly addressPools: readonly string[];
  /** Subnets of overlay networks. */
  readonly overlays: readonly { readonly name: string; readonly subnet: string }[];
}

/** Networks of the swarm that a host is in, or routes to, itself: containers cannot reach those hosts. Pure. */
export function judgeNetworks(networks: SwarmNetworks, hosts: readonly ExaminedHost[]): readonly Finding[] {
  const wanted = [
    ...networks.addressPools.map((subnet) => ({
      what: `the address pool ${subnet}`,
      subnet,
      severity: 'warning' as const,
    })),
    ...networks.overlays.map(({ name, subnet }) => ({
      what: `the overlay network ${name} (${subnet})`,
      subnet,
      severity: 'error' as const,
    })),
  ];
  return wanted.flatMap(({ what, subnet, severity }) =>
    hosts.flatMap(({ name, facts }) =>
      facts.routes
        .filter((route) => overlaps(route, subnet))
        .map((route) => ({
          check: 'cidr-overlap',
          severity,
          hosts: [name],
          message: `${what} overlaps ${route}, a network of ${name}`,
          cause: 'packets for one network go to the other, so connections of containers time out',
          fix:
            severity === 'error'
              ? 'create the overlay network again with another --subnet, or change the route'
              : 'create overlay networks with a --subnet outside that network',
        })),
    ),
  );
}
