import { createPrivateKey } from 'node:crypto';
import { messageOf, SwarmupError } from '../lib/errors.js';

const unlockKeyPattern = /^SWMKEY-1-[A-Za-z0-9+/]{43}=?$/;
/** MaybeEncryptedRecord of swarmkit (api/raft.proto). */
const secretBox = 1;
const plainRecord = Buffer.from([0x12, 0x20]);

/** Checks the form of an unlock key. Errors: UNLOCK_KEY_INVALID (exit 2 is the caller's). */
export function checkUnlockKey(key: string): string {
  const trimmed = key.trim();
  if (!unlockKeyPattern.test(trimmed))
    throw new SwarmupError('UNLOCK_KEY_INVALID', 'the text is not an unlock key', {
      hints: ['an unlock key looks like SWMKEY-1- and 43 more characters'],
    });
  return trimmed;
}

/** True when the key file is locked: a manager with it needs the unlock key to start. */
export const isLockedNodeKey = (pem: string): boolean => pem.includes('BEGIN ENCRYPTED PRIVATE KEY');

/**
 * A manager's key file (swarm-node.key) without its lock. `docker swarm init --force-new-cluster` cannot start a locked
 * manager, and does not accept the key (moby/moby#36852, open since 2018), so the lock is removed from the file. The
 * private key is PKCS #8 under the unlock key; the header `raft-dek` is a NaCl secret box with the same key. The key's
 * version becomes 0, lower than any other, or the manager refuses two keys of the same version. Errors:
 * UNLOCK_KEY_INVALID, UNLOCK_KEY_WRONG, NODE_KEY_UNREADABLE.
 */
export async function withoutLock(pem: string, unlockKey: string): Promise<string> {
  const key = Buffer.from(checkUnlockKey(unlockKey).slice('SWMKEY-1-'.length), 'base64');
  const lines = pem.split('\n').map((line) => line.trim());
  const dek = /^raft-dek: (\S+)$/m.exec(pem)?.[1];
  if (dek === undefined || key.length !== 32) throw unreadable('it does not contain the key of the Raft log');
  const body = lines.filter((line) => line !== '' && !/^[\w-]+: /.test(line)).join('\n');
  const opened = privateKeyOf(body, key);
  const rest = lines.filter((line) => /^[\w-]+: /.test(line) && !/^(kek-version|raft-dek): /.test(line));
  const headers = ['kek-version: 0', `raft-dek: ${await openBox(dek, key)}`, ...rest];
  const [first = '', ...others] = opened.trim().split('\n');
  return [first, ...headers, '', ...others, ''].join('\n');
}

function privateKeyOf(pem: string, key: Buffer): string {
  try {
    return createPrivateKey({ key: `${pem}\n`, format: 'pem', passphrase: key })
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();
  } catch (error) {
    throw wrongKey(error);
  }
}

async function openBox(header: string, key: Buffer): Promise<string> {
  const record = Buffer.from(header, 'base64');
  // 08 01 (secret box), 12 len data, 1a len nonce.
  const dataBytes = record[3] ?? 0;
  const nonceBytes = record[5 + dataBytes] ?? 0;
  if (record[0] !== 0x08 || record[1] !== secretBox || record.length !== 6 + dataBytes + nonceBytes)
    throw unreadable('the key of the Raft log has an unknown kind of encryption');
  const data = record.subarray(4, 4 + dataBytes);
  const nonce = record.subarray(6 + dataBytes);
  const { default: nacl } = await import('tweetnacl');
  const dek = nacl.secretbox.open(new Uint8Array(data), new Uint8Array(nonce), new Uint8Array(key));
  if (dek?.length !== 32) throw wrongKey(undefined);
  return Buffer.concat([plainRecord, dek]).toString('base64');
}

const wrongKey = (cause: unknown): SwarmupError =>
  new SwarmupError('UNLOCK_KEY_WRONG', 'the unlock key does not open this manager', {
    hints: ['after a rotation, a manager may still need the previous key'],
    ...(cause !== undefined && { cause: messageOf(cause) }),
  });

const unreadable = (why: string): SwarmupError =>
  new SwarmupError('NODE_KEY_UNREADABLE', `the manager's key file cannot be read: ${why}`);
