import type { DriverContext } from '../driver.js';
import { type DockerOptions, type DockerState, labels } from './docker-state.js';

/** The swarm that something belongs to, and the owner of the swarm. */
export type Belonging = DriverContext['belongsTo'];

/** Labels of everything that is made for the hosts of a swarm. */
export const belongingLabels = ({ swarm, id, owner }: Belonging): Readonly<Record<string, string>> => ({
  [labels.swarm]: swarm,
  [labels.swarmId]: id,
  [labels.owner]: owner,
});

/**
 * Whether something with these labels was made for the same swarm: by its id, which also a moved store keeps, else by
 * its name and owner.
 */
export const belongsTo = (
  { swarm, id, owner }: Belonging,
  given: Readonly<Record<string, string | undefined>> | null | undefined,
): boolean => given?.[labels.swarmId] === id || (given?.[labels.swarm] === swarm && given[labels.owner] === owner);

/**
 * The name of the network for the hosts of a swarm: the option, else the network of its other hosts, else a name with a
 * mark of the swarm's id, because an engine lets two owners make two networks of one name at the same time. Makes
 * nothing.
 */
export async function networkName(
  { network }: Pick<DockerOptions, 'network'>,
  { belongsTo: belonging, peers }: Pick<DriverContext, 'belongsTo' | 'peers'>,
): Promise<string> {
  if (network !== undefined) return network;
  // Also after the store was moved to another place, which changes the owner.
  const [known] = (await peers()).flatMap((state) => (state as Partial<DockerState>).network ?? []);
  return known ?? `${prefixOf(belonging)}-${belonging.id.slice(0, 6)}`;
}

/** The name of a host's container, which gets a suffix where another one has it. */
export const containerName = (
  { network }: Pick<DockerOptions, 'network'>,
  belonging: Belonging,
  host: string,
): string => `${network ?? prefixOf(belonging)}-${host}`;

const prefixOf = ({ swarm }: Belonging): string => (swarm === 'no-swarm' ? 'swarmup' : `swarmup-${swarm}`);
