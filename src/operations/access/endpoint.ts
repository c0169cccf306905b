import type { SshAddress } from '../../lib/ssh-login.js';
import type { Endpoint } from '../../machine/machine-record.js';

/** The endpoint of a host whose address may be another one now: its keys, and those of its jump hosts, stay pinned. */
export function movedEndpoint(pinned: Endpoint, { host, port, user }: SshAddress): Endpoint {
  return { ...pinned, host, port, user };
}

/** The SSH address of a host, and the jump hosts on the way to it: the place that distinguishes hosts. */
export const placeOf = ({ host, port, login }: Pick<SshAddress, 'host' | 'port' | 'login'>): string =>
  [...(login?.jumps ?? []), { host, port }].map((hop) => `${hop.host}:${hop.port}`).join(' > ');
