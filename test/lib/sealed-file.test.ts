import { createCipheriv, scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSealHeader, seal, unseal, type SealKey } from '../../src/lib/sealed-file.js';

// What does not ask for the usual cost costs next to nothing.
const passphrase: SealKey = { mode: 'passphrase', secret: 'correct horse', cost: 10 };
const keyFile: SealKey = { mode: 'key-file', secret: Buffer.from('0123456789abcdef0123456789abcdef'), cost: 10 };
const source = { path: 'machines.sealed', kind: 'machines' };
const data = Buffer.from('the private keys of three hosts');

const sealed = await seal(data, { kind: 'machines', key: passphrase });
const lineEnd = sealed.indexOf(0x0a);

/** The same file with another header, correctly named or not. */
function withHeader(change: Record<string, unknown>): Buffer {
  const header = JSON.parse(sealed.subarray(0, lineEnd).toString()) as Record<string, unknown>;
  return Buffer.concat([Buffer.from(JSON.stringify({ ...header, ...change })), sealed.subarray(lineEnd)]);
}

describe('sealed file', () => {
  it.each([passphrase, keyFile])('gives back what was sealed, by $mode', async ({ mode, secret }) => {
    const key = { mode, secret };
    const file = await seal(data, { kind: 'machines', key });
    expect(readSealHeader(file, source)).toEqual({ mode: key.mode });
    expect(await unseal(file, source, key)).toEqual(data);
  });

  it('holds neither the content nor the passphrase, and no two files are alike', async () => {
    expect(sealed.includes('private keys')).toBe(false);
    expect(sealed.includes('correct horse')).toBe(false);
    const again = await seal(data, { kind: 'machines', key: passphrase });
    expect(again.subarray(lineEnd)).not.toEqual(sealed.subarray(lineEnd));
  });

  it('can be opened by the same algorithms elsewhere', async () => {
    const { mode, secret } = passphrase;
    const sealed = await seal(data, { kind: 'machines', key: { mode, secret } });
    const lineEnd = sealed.indexOf(0x0a);
    const header = JSON.parse(sealed.subarray(0, lineEnd).toString()) as Record<string, string>;
    const salt = Buffer.from(header['salt'] ?? '', 'base64url');
    const key = scryptSync('correct horse', salt, 48, { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 29 }).subarray(0, 32);
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(header['nonce'] ?? '', 'base64url'));
    cipher.setAAD(sealed.subarray(0, lineEnd + 1));
    const body = Buffer.concat([cipher.update(data), cipher.final()]);
    expect(sealed.subarray(lineEnd + 1)).toEqual(Buffer.concat([body, cipher.getAuthTag()]));
  });

  it('takes a letter however it is composed', async () => {
    const key: SealKey = { mode: 'passphrase', secret: 'caf\u00e9', cost: 10 };
    const file = await seal(data, { kind: 'machines', key });
    expect(await unseal(file, source, { mode: 'passphrase', secret: 'cafe\u0301' })).toEqual(data);
  });

  it('says that passphrase or key file is wrong', async () => {
    const wrong = { code: 'SEAL_KEY_WRONG' };
    await expect(unseal(sealed, source, { mode: 'passphrase', secret: 'wrong' })).rejects.toMatchObject(wrong);
    await expect(unseal(sealed, source, keyFile)).rejects.toMatchObject(wrong);
  });

  it('refuses content that is another by a single bit, wherever it is', async () => {
    const bit = fc.integer({ min: (lineEnd + 1) * 8, max: sealed.length * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(bit, async (at) => {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
        await expect(unseal(changed, source, passphrase)).rejects.toMatchObject({ code: 'SEAL_DAMAGED' });
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a file that ends too early, anywhere', async () => {
    for (const length of [sealed.length - 1, lineEnd + 5, lineEnd + 1])
      await expect(unseal(sealed.subarray(0, length), source, passphrase)).rejects.toMatchObject({
        code: 'SEAL_DAMAGED',
      });
  });

  it('authenticates its first line as well', async () => {
    const renamed = withHeader({ kind: 'backup' });
    await expect(unseal(renamed, { ...source, kind: 'backup' }, passphrase)).rejects.toMatchObject({
      code: 'SEAL_DAMAGED',
    });
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'SEAL_FOREIGN'],
    ['a text', Buffer.from('{"some": "json"}\n'), 'SEAL_FOREIGN'],
    ['random bytes', Buffer.from('00ff10aa'.repeat(900), 'hex'), 'SEAL_FOREIGN'],
    ['another kind of sealed file', withHeader({ kind: 'backup' }), 'SEAL_FOREIGN'],
    ['that of a newer version', withHeader({ version: 2 }), 'SEAL_NEWER'],
    ['one that asks for all memory', withHeader({ cost: 40 }), 'SEAL_DAMAGED'],
    ['one without a nonce', withHeader({ nonce: 'AAAA' }), 'SEAL_DAMAGED'],
  ])('tells %s before a passphrase is asked for', (_, file, code) => {
    expect(() => readSealHeader(file, source)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
