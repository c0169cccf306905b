import type { HostFacts } from '../../bootstrap/host-facts.js';
import { networkOf } from '../../lib/cidr.js';
import { localNetworks, type UsedNetwork } from '../../lib/local-networks.js';
import { chooseAdvertiseAddr } from '../../swarm/advertise-address.js';
import { type CreateRun, type CreateSession, required } from './create-run.js';

/** The address that a new host advertises to its swarm. Errors: ADVERTISE_ADDR_UNKNOWN. */
export const advertiseAddrOf = ({ swarm }: CreateRun, { name, facts, description }: CreateSession): string =>
  chooseAdvertiseAddr(name, required(facts, 'facts'), description?.privateAddresses ?? [], swarm?.advertiseAddr);

/** Networks of this machine and of every host whose facts are known by now. */
export async function usedNetworks({ hosts }: CreateRun): Promise<readonly UsedNetwork[]> {
  return [...(await localNetworks()), ...hosts.flatMap(({ name, facts }) => hostNetworks(name, facts))];
}

/** Networks that a host is in or routes to. */
export function hostNetworks(name: string, facts: HostFacts | undefined): readonly UsedNetwork[] {
  return (facts?.routes ?? []).map((cidr) => ({ cidr: networkOf(cidr), owner: `a network of ${name}` }));
}
