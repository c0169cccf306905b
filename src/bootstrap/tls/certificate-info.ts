import { X509Certificate } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { usageError } from '../../lib/errors.js';
import { isDockerInterface, type HostFacts } from '../host-facts.js';
import { renewalMs } from './certificates.js';
import { identityOf, subjectNames } from './identity.js';

interface CertificateInfo {
  readonly notAfter: Date;
  /** Host names and IP addresses, as `normalizeSan` writes them. */
  readonly sans: readonly string[];
  /** ID of the record that it names; undefined in a certificate of an older swarmup. */
  readonly id: string | undefined;
  /** Signed by the CA that was given. */
  readonly matchesCa: boolean;
}

/** The content of a PEM certificate; undefined if the text is not a certificate. */
export function certificateInfo(pem: string, caPem: string): CertificateInfo | undefined {
  try {
    const certificate = new X509Certificate(pem);
    return {
      notAfter: new Date(certificate.validTo),
      sans: subjectNames(certificate).flatMap((entry) => {
        const san = /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1];
        return san === undefined ? [] : [normalizeSan(san)];
      }),
      id: identityOf(certificate).id,
      matchesCa: certificate.verify(new X509Certificate(caPem).publicKey),
    };
  } catch {
    return undefined;
  }
}

/**
 * True when the certificate can stay: signed by our CA, of no other record than `id`, good for all of `sans`, at least
 * 60 days to live. One that names no record can stay, too: a new one restarts the engine, which takes tasks away.
 */
export function stillServes(
  info: CertificateInfo | undefined,
  { id, sans }: { readonly id: string; readonly sans: readonly string[] },
  now: Date,
): boolean {
  return (
    info !== undefined &&
    info.matchesCa &&
    (info.id === undefined || info.id === id) &&
    info.notAfter.getTime() - now.getTime() > renewalMs &&
    sans.every((san) => info.sans.includes(san))
  );
}

/**
 * Every name and address that clients may use for the engine of a host: the known ones, the host's own permanent
 * addresses (not link-local ones, not Docker's bridges) and the loopback addresses, each once. Errors: TLS_SAN_INVALID
 * (exit 2) for an entry of `known` that is neither a host name nor an address.
 */
export function serverSans(facts: Pick<HostFacts, 'hostname' | 'interfaces'>, known: readonly string[]): string[] {
  const own = facts.interfaces
    .filter(({ name }) => !isDockerInterface(name))
    .flatMap(({ addresses }) => addresses.filter(({ temporary }) => !temporary))
    .map(({ address }) => address)
    .filter((address) => !['linkLocal', 'loopback'].includes(ipaddr.parse(address).range()));
  for (const san of known) if (!isSan(san)) throw invalidSan(san);
  const names = [...known, ...(isSan(facts.hostname) ? [facts.hostname] : []), ...own, 'localhost', '127.0.0.1', '::1'];
  return [...new Set(names.map(normalizeSan))];
}

/** Names in lower case, addresses in their shortest form: `FE80:0:0:0:0:0:0:1` → `fe80::1`. */
export function normalizeSan(san: string): string {
  return ipaddr.isValid(san) && (san.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(san))
    ? ipaddr.parse(san).toString()
    : san.toLowerCase();
}

/** An address, or a DNS name, possibly with a wildcard as its first label. */
const isSan = (text: string): boolean =>
  ipaddr.isValid(text) || /^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*$/i.test(text);

const invalidSan = (san: string): Error =>
  usageError(
    'TLS_SAN_INVALID',
    `'${san}' is neither a host name nor an IP address`,
    'use names or addresses with --tls-san',
  );
