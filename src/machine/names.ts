/** Of a label (RFC 1035 §2.3.4). */
export const maxLength = 63;
const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Whether `name` is a DNS label in lower case, so that it can be a host name, a container name and a folder. */
export function isName(name: string): boolean {
  return name.length <= maxLength && label.test(name);
}

/** What stands for the swarm in the full name of a host outside any swarm: `plain.no-swarm`. No swarm has this name. */
export const noSwarm = 'no-swarm';

/** Where a host belongs: its own name, and the swarm that it was made for (`no-swarm`: none). */
export interface HostPlace {
  readonly host: string;
  readonly swarm: string;
}

/**
 * Reads the name of a host as a command of swarm `scope` uses it: `agent1` is a host of that swarm, `agent1.lab` one of
 * swarm lab. undefined: no host has such a name.
 */
export function placeOfHost(name: string, scope: string): HostPlace | undefined {
  const [host = '', swarm = scope, ...more] = name.split('.');
  return more.length === 0 && isName(host) && isName(swarm) ? { host, swarm } : undefined;
}

/** The name of a host wherever one is: `agent1.lab`. */
export const fullName = ({ host, swarm }: HostPlace): string => `${host}.${swarm}`;

/** The name of a host for a command of swarm `scope`: short for the hosts of that swarm, full for all others. */
export const nameWithin = (place: HostPlace, scope: string): string =>
  place.swarm === scope ? place.host : fullName(place);

/** The host's own name, which is also its hostname: `agent1` of `agent1.lab`. */
export const ownName = (name: string): string => name.split('.', 1)[0] ?? name;
