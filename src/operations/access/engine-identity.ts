import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { identityOf, isForServers } from '../../bootstrap/tls/identity.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { certificateNames } from './certificate-names.js';
import { createCommand } from './create-command.js';

/**
 * Whether one of our CAs signed the certificate for another host. A certificate that names no record is judged by its
 * common name, which older versions made of the name of the host. One without a common name (of docker-machine) is
 * accepted: it belongs to no other host on record.
 */
export function isOfOtherHost(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  { id, formerName }: Pick<ReturnType<typeof certificateNames>, 'id' | 'formerName'>,
): boolean {
  if (!isSigned(certificate, authorities) || !isForServers(certificate)) return false;
  const shown = identityOf(certificate);
  return shown.id === undefined ? shown.name !== undefined && shown.name !== formerName : shown.id !== id;
}

/** ENGINE_UNTRUSTED: the certificate proves nothing. undefined: it is trusted at `address`. */
export function whyUntrusted(
  { name }: MachineRecord,
  address: string,
  certificate: X509Certificate | undefined,
  authorities: readonly X509Certificate[],
): SwarmupError | undefined {
  const wrong = faultOf(certificate, authorities, address);
  if (wrong === undefined) return undefined;
  return new SwarmupError('ENGINE_UNTRUSTED', `the engine that answers for ${name} has a certificate that ${wrong}`, {
    host: name,
    exitCode: exitCodes.preflight,
    hints: [`${swarmup`provision ${name}`} gives ${name} a new one`],
  });
}

/** Our CA issues the certificates of engines directly: there is no chain to follow. */
function faultOf(
  certificate: X509Certificate | undefined,
  authorities: readonly X509Certificate[],
  host: string,
): string | undefined {
  if (certificate === undefined) return 'is missing';
  if (!isSigned(certificate, authorities)) return 'was not signed by the certificate authority of this store';
  if (!isForServers(certificate)) return 'is for clients, not for engines';
  const now = Date.now();
  if (now < Date.parse(certificate.validFrom)) return `is not valid before ${certificate.validFrom}`;
  if (now > Date.parse(certificate.validTo)) return `expired on ${certificate.validTo}`;
  const named = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return named === undefined ? `is not for ${host}` : undefined;
}

const isSigned = (certificate: X509Certificate, authorities: readonly X509Certificate[]): boolean =>
  authorities.some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey));

/** ENGINE_OTHER_HOST: says whose engine answers at the address of `record`. */
export function otherHost(
  record: MachineRecord,
  certificate: X509Certificate,
  machines: readonly MachineRecord[],
): SwarmupError {
  const { name } = record;
  const shown = identityOf(certificate);
  const owner = machines.find((other) =>
    shown.id === undefined ? certificateNames(other).formerName === shown.name : other.id === shown.id,
  );
  const whose = owner === undefined ? `a host that is not on record (${shown.name ?? 'unnamed'})` : owner.name;
  return new SwarmupError(
    'ENGINE_OTHER_HOST',
    `the engine of ${whose} answers at the address of ${name} (${record.engine?.url ?? 'unknown'})`,
    {
      host: name,
      exitCode: exitCodes.preflight,
      hints: [
        `${createCommand(record.swarm, [name])} finds ${name} where its driver sees it, or makes it again if it no longer exists`,
      ],
    },
  );
}
