import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509 from '@peculiar/x509';
import type { KeyPair } from './certificate-files.js';

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
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemPair(certificate.toString('pem'), keys);
}

/** A certificate that lets a docker client log in; valid for 3 years. */
export async function issueClientCertificate({ ca, now }: IssueOptions & { readonly ca: KeyPair }): Promise<KeyPair> {
  const x509 = await loadX509();
  return issue({ ca, now, commonName: 'swarmup client' }, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

/** A certificate for the engine of a host; valid for 3 years. `sans`: host names and IP addresses, see `serverSans`. */
export async function issueServerCertificate({
  name,
  sans,
  ca,
  now,
}: IssueOptions & { readonly name: string; readonly sans: readonly string[]; readonly ca: KeyPair }): Promise<KeyPair> {
  const x509 = await loadX509();
  return issue({ ca, now, commonName: name }, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(
      sans.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
    ),
  ]);
}

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
