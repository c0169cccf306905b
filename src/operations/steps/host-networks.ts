import type { HostFacts } from '../../bootstrap/host-facts.js';
import { networkOf } from '../../lib/cidr.js';
import { localNetworks, type UsedNetwork } from '../../lib/local-networks.js';
import { chooseAdvertiseAddr } from '../../swarm/advertise-address.js';
import { type CreateJob, jobOf, required } from './create-job.js';

/** The address that a new host advertises to its swarm. Errors: ADVERTISE_ADDR_UNKNOWN. */
export function advertiseAddrOf(job: CreateJob, name: string): string {
  const { facts, description } = jobOf(job, name);
  return chooseAdvertiseAddr(
    name,
    required(facts, 'facts'),
    description?.privateAddresses ?? [],
    job.request.advertiseAddr,
  );
}

/** Networks of this machine and of every host whose facts are known by now. */
export async function usedNetworks(job: CreateJob): Promise<readonly UsedNetwork[]> {
  const ofHosts = [...job.hosts].flatMap(([name, { facts }]) => hostNetworks(name, facts));
  return [...(await localNetworks()), ...ofHosts];
}

/** Networks that a host is in or routes to. */
export function hostNetworks(name: string, facts: HostFacts | undefined): readonly UsedNetwork[] {
  return (facts?.routes ?? []).map((cidr) => ({ cidr: networkOf(cidr), owner: `a network of ${name}` }));
}
