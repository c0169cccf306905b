import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { type KeyPair, files, readPair, readText, writePair } from './certificate-files.js';
import { authoritiesIn } from './authorities.js';
import { completeSwitch } from './rotation.js';

export interface Certificates {
  /** Signs the certificates of all hosts of a store. */
  readonly ca: KeyPair;
  /** What the user's docker client shows to the hosts. */
  readonly client: KeyPair;
}

/** Certificates are replaced when they have less than this to live. */
export const renewalMs = 60 * 24 * 60 * 60_000;

/**
 * The CA and the client certificate in `folder`, made where they are missing; a client certificate that is not of this
 * CA or has less than 60 days to live is replaced. The folder must exist; the caller holds a lock. Interrupted at any
 * point, the next call completes it: keys are written before their certificates.
 * Errors: CA_BROKEN (the CA is damaged, its key is missing, or it has expired; nothing is changed), STORE_WRITE_FAILED.
 */
export async function ensureCertificates(folder: string, options: { readonly now: Date }): Promise<Certificates> {
  await completeSwitch(folder);
  let ca = await readAuthority(folder, options);
  if (ca === undefined) {
    const { issueAuthority } = await import('./issue.js');
    ca = await issueAuthority(options);
    await writePair(folder, files.ca, ca);
  }
  const found = await readPair(folder, files.client);
  if (found !== undefined && isUsable(found, ca, options.now)) return { ca, client: found };
  return { ca, client: await renewClient(folder, ca, options) };
}

/** Replaces the client certificate by a new one of this CA. */
export async function renewClient(folder: string, ca: KeyPair, options: { readonly now: Date }): Promise<KeyPair> {
  const { issueClientCertificate } = await import('./issue.js');
  const client = await issueClientCertificate({ ca, now: options.now });
  await writePair(folder, files.client, client);
  return client;
}

/** The CA in `folder`; undefined if the folder has none. Errors: CA_BROKEN. */
export async function readAuthority(folder: string, options: { readonly now: Date }): Promise<KeyPair | undefined> {
  const certPem = await readText(join(folder, files.ca[0]));
  if (certPem === undefined) return undefined;
  const keyPem = await readText(join(folder, files.ca[1]));
  if (keyPem === undefined) throw broken(folder, `${files.ca[1]} is missing`);
  const ca = { certPem, keyPem };
  try {
    const certificate = new X509Certificate(certPem);
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem)))
      throw broken(folder, `${files.ca[1]} is not the key of ${files.ca[0]}`);
    if (Date.parse(certificate.validTo) <= options.now.getTime())
      throw broken(folder, `the certificate expired on ${new Date(certificate.validTo).toISOString().slice(0, 10)}`);
  } catch (error) {
    if (error instanceof SwarmupError) throw error;
    throw broken(folder, messageOf(error), error);
  }
  return ca;
}

function isUsable(pair: KeyPair, ca: KeyPair, now: Date): boolean {
  try {
    const certificate = new X509Certificate(pair.certPem);
    return (
      certificate.checkPrivateKey(createPrivateKey(pair.keyPem)) &&
      // while the CA is replaced, hosts trust the old one, too
      authoritiesIn(ca.certPem).some((authority) => certificate.verify(authority.publicKey)) &&
      Date.parse(certificate.validTo) - now.getTime() > renewalMs
    );
  } catch {
    // damaged by hand or by a disk: it can be made again at no loss
    return false;
  }
}

function broken(folder: string, why: string, cause?: unknown): SwarmupError {
  return new SwarmupError('CA_BROKEN', `the certificate authority in ${folder} cannot be used: ${why}`, {
    hints: [
      'restore the files from a copy of this folder',
      `or make a new certificate authority for all hosts: ${swarmup`regenerate-certs --ca`}`,
    ],
    cause,
  });
}
