import type { X509Certificate } from 'node:crypto';

/** What a certificate says about the host that it was made for. */
export interface CertificateIdentity {
  /** ID of the host's record; undefined where an older swarmup or another program made the certificate. */
  readonly id: string | undefined;
  /** Common name; undefined where it has none, as those of docker-machine. */
  readonly name: string | undefined;
}

const uriPrefix = 'urn:uuid:';

/** The identity of a host as a URI, which swarmup checks. */
export const hostUri = (id: string): string => `${uriPrefix}${id}`;

/**
 * The same as a mailbox that cannot exist (RFC 2606, 2): TLS libraries compare mailboxes with the name constraints of
 * an authority, but cannot compare URIs without a host.
 */
export const hostMailbox = (id: string): string => `${id}@swarmup.invalid`;

/** Whose certificate this is, in its own words: who signed it must be checked, too. */
export function identityOf(certificate: X509Certificate): CertificateIdentity {
  const prefix = `URI:${uriPrefix}`;
  const uri = subjectNames(certificate).find((entry) => entry.startsWith(prefix));
  return { id: uri?.slice(prefix.length), name: /^CN=(.+)$/m.exec(certificate.subject)?.[1] };
}

/** The subject's alternative names as Node.js writes them: `DNS:…`, `IP Address:…`, `URI:…`. */
export const subjectNames = (certificate: X509Certificate): readonly string[] =>
  certificate.subjectAltName?.split(', ') ?? [];

/** OID of the extended key usage serverAuth (RFC 5280, 4.2.1.12). */
const serverAuth = '1.3.6.1.5.5.7.3.1';

/** False for the certificate of a client, which proves no server. */
export function isForServers({ keyUsage }: X509Certificate): boolean {
  // The type of Node.js leaves out that it is undefined where the certificate allows every use.
  const uses = keyUsage as readonly string[] | undefined;
  return uses === undefined || uses.includes(serverAuth);
}
