import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import type { KeyPair } from './certificate-files.js';
import { hostMailbox, hostUri } from './identity.js';

const hourMs = 60 * 60_000;
const yearMs = 365.25 * 24 * hourMs;
const caYears = 10;
const certificateYears = 3;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface IssueOptions {
  readonly now: Date;
}

/** A new self-signed CA: ECDSA P-256, valid for 10 years. Each CA has its own name, so that two are never confused. */
export async function issueAuthority({ now }: IssueOptions): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: `CN=swarmup CA ${randomBytes(4).toString('hex')}`,
    ...validity(now, caYears),
    signingAlgorithm: algorithm,
    keys,
    extensions: await authorityExtensions(x509, keys.publicKey),
  });
  return pemPair(certificate.toString('pem'), keys);
}

/**
 * A certificate with the name and the key of the CA that is limited to one host: it has a constraint to the mailbox of
 * that host's record (RFC 5280, 4.2.1.10). A client that trusts only this certificate accepts every server certificate
 * of the CA that names the record, also a later one, but refuses those that name another record.
 */
export async function issueHostAuthority({ ca, id }: { readonly ca: KeyPair; readonly id: string }): Promise<string> {
  const x509 = await loadX509();
  const whole = new x509.X509Certificate(ca.certPem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: whole.subject,
    issuer: whole.subject,
    notBefore: whole.notBefore,
    notAfter: whole.notAfter,
    signingAlgorithm: algorithm,
    publicKey: whole.publicKey,
    signingKey: await importKey(ca.keyPem),
    extensions: [
      ...(await authorityExtensions(x509, whole.publicKey)),
      new x509.Extension('2.5.29.30', true, permittedMailbox(hostMailbox(id))),
    ],
  });
  return `${certificate.toString('pem').trim()}\n`;
}

const authorityExtensions = async (
  x509: typeof X509,
  key: Parameters<typeof X509.SubjectKeyIdentifierExtension.create>[0],
): Promise<X509.Extension[]> => [
  new x509.BasicConstraintsExtension(true, 0, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  await x509.SubjectKeyIdentifierExtension.create(key),
];

/** NameConstraints { permittedSubtrees [0] { GeneralSubtree { base rfc822Name [1] } } } in DER. */
function permittedMailbox(mailbox: string): Buffer {
  const parts = [0x30, 0xa0, 0x30, 0x81].reduceRight(
    (content, tag) => Buffer.concat([Buffer.from([tag, content.length]), content]),
    Buffer.from(mailbox, 'ascii'),
  );
  // Lengths of one byte are enough: the ID is a UUID.
  if (parts.length > 127) throw new Error(`the ID of a record is too long for a certificate: ${mailbox}`);
  return parts;
}

/** A certificate that lets a docker client log in; valid for 3 years. */
export async function issueClientCertificate({ ca, now }: IssueOptions & { readonly ca: KeyPair }): Promise<KeyPair> {
  const x509 = await loadX509();
  return issue({ ca, now, commonName: 'swarmup client' }, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

interface ServerCertificateOptions extends IssueOptions {
  readonly name: string;
  /** ID of the host's record; without one, it is the certificate of an older swarmup. */
  readonly id?: string;
  /** Host names and IP addresses, see `serverSans`. */
  readonly sans: readonly string[];
  readonly ca: KeyPair;
}

/** A certificate for the engine of a host, which names its record; valid for 3 years. */
export async function issueServerCertificate({ name, id, sans, ca, now }: ServerCertificateOptions): Promise<KeyPair> {
  const x509 = await loadX509();
  const identity =
    id === undefined
      ? []
      : [
          { type: 'url' as const, value: hostUri(id) },
          { type: 'email' as const, value: hostMailbox(id) },
        ];
  return issue({ ca, now, commonName: commonName(name) }, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      ...sans.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ...identity,
    ]),
  ]);
}

/** At most 64 characters (RFC 5280, ub-common-name): of a longer name, the host's own part. */
const commonName = (name: string): string => (name.length <= 64 ? name : name.replace(/\..*/, ''));

async function issue(
  { ca, now, commonName }: IssueOptions & { readonly ca: KeyPair; readonly commonName: string },
  extensions: readonly X509.Extension[],
): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const authority = new x509.X509Certificate(ca.certPem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: new x509.Name([{ CN: [commonName] }]).toString(),
    issuer: authority.subject,
    ...validity(now, certificateYears),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...extensions,
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemPair(certificate.toString('pem'), keys);
}

/** Imported when a certificate is really made, or is about to be: it costs about 200 ms. */
export async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** Begins an hour ago: the clock of a host may be behind. */
function validity(now: Date, years: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now.getTime() - hourMs), notAfter: new Date(now.getTime() + years * yearMs) };
}

/** 128 random bits; the highest is 0 so that the number is positive (RFC 5280, 4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

function pemPair(certPem: string, keys: webcrypto.CryptoKeyPair): KeyPair {
  const keyPem = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certPem: `${certPem.trim()}\n`, keyPem };
}
