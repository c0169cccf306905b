import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import { authoritiesIn } from './authorities.js';
import { files, type KeyPair, readPair, readText, writePair } from './certificate-files.js';

/**
 * The state of the replacement of the CA. `trust-both`: hosts get certificates of the new CA and trust both;
 * `trust-new`: the client has its new certificate, and hosts drop the old CA.
 */
type RotationPhase = 'trust-both' | 'trust-new';

const marker = 'rotation';
const next = ['next-ca.pem', 'next-ca-key.pem'] as const;

/** The phase of a rotation that was begun; undefined when none is. */
export async function rotationPhase(folder: string): Promise<RotationPhase | undefined> {
  const text = (await readText(join(folder, marker)))?.trim();
  return text === 'trust-both' || text === 'trust-new' ? text : undefined;
}

/** Makes a new CA beside the old one, which may be damaged or have expired. The caller holds the lock `certs`. */
export async function beginRotation(folder: string, options: { readonly now: Date }): Promise<void> {
  const { issueAuthority } = await import('./issue.js');
  await writePair(folder, next, await issueAuthority(options));
  await completeSwitch(folder);
}

/**
 * Puts a CA that was made in the place of the old one, which stays trusted. Interrupted anywhere, the next call
 * completes it.
 */
export async function completeSwitch(folder: string): Promise<void> {
  const made = await readPair(folder, next);
  if (made === undefined) return;
  const [cert, key] = files.ca;
  await writeFileAtomic(join(folder, marker), 'trust-both\n');
  const old = readable((await readText(join(folder, cert))) ?? '').filter((pem) => pem.trim() !== made.certPem.trim());
  await writeFileAtomic(join(folder, key), made.keyPem);
  await writeFileAtomic(join(folder, cert), [made.certPem, ...old.slice(0, 1)].join(''));
  for (const file of [...next].reverse()) await rm(join(folder, file), { force: true });
}

/** From here on, only the new CA is trusted. The client already has its new certificate. */
export async function forgetOldAuthority(folder: string, ca: KeyPair): Promise<void> {
  await writeFileAtomic(join(folder, marker), 'trust-new\n');
  const [newest] = readable(ca.certPem);
  if (newest !== undefined) await writeFileAtomic(join(folder, files.ca[0]), newest);
}

export async function endRotation(folder: string): Promise<void> {
  await rm(join(folder, marker), { force: true });
}

/** The certificates in a text, each as PEM; none where it is damaged. */
function readable(pem: string): readonly string[] {
  try {
    return authoritiesIn(pem).map((certificate) => certificate.toString());
  } catch {
    return [];
  }
}
