import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';

/** A certificate and its private key, both PEM. Never log the key. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** The names that the docker client expects in DOCKER_CERT_PATH, and the CA's key. */
export const files = { ca: ['ca.pem', 'ca-key.pem'], client: ['cert.pem', 'key.pem'] } as const;

/** undefined unless both are there. */
export async function readPair(folder: string, [cert, key]: readonly [string, string]): Promise<KeyPair | undefined> {
  const [certPem, keyPem] = await Promise.all([readText(join(folder, cert)), readText(join(folder, key))]);
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}

/** The certificate is written last: where there is one, there is its key. */
export async function writePair(folder: string, [cert, key]: readonly [string, string], pair: KeyPair): Promise<void> {
  await writeFileAtomic(join(folder, key), pair.keyPem);
  await writeFileAtomic(join(folder, cert), pair.certPem);
}

/** undefined if the file does not exist. Errors: CA_BROKEN. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new SwarmupError('CA_BROKEN', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
