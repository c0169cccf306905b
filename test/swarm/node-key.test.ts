import { generateKeyPairSync, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { checkUnlockKey, isLockedNodeKey, withoutLock } from '../../src/swarm/node-key.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const dek = randomBytes(32);
const unlockKey = (key: Buffer): string => `SWMKEY-1-${key.toString('base64').replace('=', '')}`;

/** A key file as swarmkit writes it with autolock. */
function lockedFile(key: Buffer): string {
  const nonce = randomBytes(24);
  const box = Buffer.from(nacl.secretbox(dek, nonce, key));
  const record = Buffer.concat([Buffer.from([8, 1, 0x12, box.length]), box, Buffer.from([0x1a, nonce.length]), nonce]);
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: key } as const;
  const [first = '', ...rest] = privateKey.export(options).toString().trim().split('\n');
  return [first, 'kek-version: 78', `raft-dek: ${record.toString('base64')}`, '', ...rest, ''].join('\n');
}

describe('withoutLock', () => {
  const key = randomBytes(32);

  it('gives the key file as a manager without autolock has it', async () => {
    const open = await withoutLock(lockedFile(key), unlockKey(key));
    const expected = Buffer.concat([Buffer.from([0x12, 0x20]), dek]).toString('base64');
    const [first = '', ...rest] = plain.trim().split('\n');
    expect(open).toBe([first, 'kek-version: 0', `raft-dek: ${expected}`, '', ...rest, ''].join('\n'));
    expect([isLockedNodeKey(open), isLockedNodeKey(lockedFile(key))]).toEqual([false, true]);
  });

  it('refuses another key, and what is none', async () => {
    const wrong = withoutLock(lockedFile(key), unlockKey(randomBytes(32)));
    await expect(wrong).rejects.toMatchObject({ code: 'UNLOCK_KEY_WRONG' });
    await expect(withoutLock(lockedFile(key), 'SWMKEY-2-x')).rejects.toMatchObject({ code: 'UNLOCK_KEY_INVALID' });
    await expect(withoutLock(plain, unlockKey(key))).rejects.toMatchObject({ code: 'NODE_KEY_UNREADABLE' });
  });

  it('takes a key with white space around it', () => {
    expect(checkUnlockKey(` ${unlockKey(key)}\n`)).toBe(unlockKey(key));
  });
});
