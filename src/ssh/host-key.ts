import { createHash } from 'node:crypto';
import { SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { swarmup } from '../lib/typed-command.js';

/** A public key as SSH compares it. */
export interface HostKey {
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256` … */
  readonly type: string;
  readonly blob: Buffer;
  /** As `ssh-keygen -l` shows it: `SHA256:…`. */
  readonly fingerprint: string;
}

/** Reads an OpenSSH public key line (`ssh-ed25519 AAAA… comment`). Errors: HOST_KEY_INVALID. */
export function parseHostKey(line: string, host: string): HostKey {
  const [type, encoded] = line.trim().split(/\s+/);
  const key = hostKeyOf(Buffer.from(encoded ?? '', 'base64'));
  if (type === undefined || key?.type !== type)
    throw new SwarmupError('HOST_KEY_INVALID', `the pinned host key of ${host} is not an OpenSSH public key`, { host });
  return key;
}

/** The key in a raw blob, as a server shows it; undefined when it is not one. */
export function hostKeyOf(blob: Buffer): HostKey | undefined {
  if (blob.length < 4) return undefined;
  const typeEnd = 4 + blob.readUInt32BE(0);
  if (typeEnd >= blob.length) return undefined;
  return { type: blob.toString('latin1', 4, typeEnd), blob, fingerprint: fingerprintOf(blob) };
}

/** The signature algorithms to ask a server for, so that it shows only the key of the pinned type. */
export function algorithmsFor(type: string): readonly string[] {
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type];
}

/** The error for a host that shows another key than the pinned one, or (`shown` undefined) none of its type. */
export function hostKeyMismatch(
  target: { readonly name: string; readonly host: string; readonly port: number },
  pinned: HostKey,
  shown: HostKey | undefined,
  source = 'pinned',
): SwarmupError {
  const { name, host, port } = target;
  const seen = shown === undefined ? `no ${pinned.type} key` : `${shown.type} ${shown.fingerprint}`;
  return new SwarmupError(
    'HOST_KEY_MISMATCH',
    `the host key of ${name} (${host}:${port}) is not the ${source === 'pinned' ? 'pinned one' : `one in ${source}`}: expected ${pinned.type} ${pinned.fingerprint}, got ${seen}`,
    {
      host: name,
      exitCode: exitCodes.failure,
      retryable: false,
      hints: [
        `Another machine answers at ${host}:${port}, or someone intercepts the connection: check that the address still belongs to ${name}.`,
        source === 'pinned'
          ? `If ${name} was reinstalled on purpose, forget it and make it again: ${swarmup`rm --force ${name}`}, then ${swarmup`create ${name}`}`
          : `If its key was changed on purpose, remove the old one: ssh-keygen -R ${port === 22 ? host : `'[${host}]:${port}'`}`,
      ],
    },
  );
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
