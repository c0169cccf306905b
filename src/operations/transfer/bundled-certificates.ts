import { createPrivateKey, X509Certificate } from 'node:crypto';
import { SwarmupError } from '../../lib/errors.js';

/** The client certificate of the sender's store, for the hosts of the bundle. */
export interface BundledCertificates {
  /** `ca.pem`, `cert.pem`, `key.pem`. */
  readonly client: ReadonlyMap<string, Buffer>;
  /** `ca-key.pem`; undefined: only certificates came along. */
  readonly authorityKey: Buffer | undefined;
}

const clientFiles = ['ca.pem', 'key.pem', 'cert.pem'] as const;
const maxBytes = 64 * 1024;

/** undefined: none came along. Errors: BUNDLE_BROKEN unless they are certificates and the keys that belong to them. */
export function bundledCertificates(
  certs: Readonly<Record<string, string>>,
  path: string,
): BundledCertificates | undefined {
  const fileOf = (name: string): Buffer | undefined =>
    Object.hasOwn(certs, name) ? Buffer.from(certs[name] ?? '', 'base64') : undefined;
  if (Object.keys(certs).length === 0) return undefined;
  const client = new Map(clientFiles.map((name) => [name as string, fileOf(name) ?? Buffer.alloc(0)]));
  const authorityKey = fileOf('ca-key.pem');
  const isSound =
    isPair(client.get('cert.pem'), client.get('key.pem')) &&
    isPair(client.get('ca.pem'), authorityKey) &&
    [...client.values(), authorityKey ?? ''].every(({ length }) => length <= maxBytes);
  if (isSound) return { client, authorityKey };
  const why = 'certs: they must be an authority and a client certificate, each with its key';
  throw new SwarmupError('BUNDLE_BROKEN', `${path} is refused: ${why}`);
}

/** During a rotation of the authority, the file has two: the first one signs. */
function isPair(certificate: Buffer | undefined, key: Buffer | undefined): boolean {
  try {
    const parsed = new X509Certificate(certificate ?? '');
    return key === undefined || parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
