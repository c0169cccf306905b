import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithmsFor, hostKeyOf, parseHostKey } from '../../src/ssh/host-key.js';
import { generateSshKey } from '../../src/ssh/keys.js';

describe('parseHostKey', () => {
  it('reads a public key line, with or without a comment', () => {
    const { publicKey } = generateSshKey('a comment');
    const [type = '', encoded = ''] = publicKey.split(' ');
    for (const line of [publicKey, `${type} ${encoded}`])
      expect(parseHostKey(line, 'agent1')).toMatchObject({ type: 'ssh-ed25519', blob: Buffer.from(encoded, 'base64') });
  });

  it.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', `ssh-rsa ${generateSshKey('').publicKey.split(' ')[1] ?? ''}`])(
    'refuses %j',
    (line) => {
      expect(() => parseHostKey(line, 'agent1')).toThrow(
        expect.objectContaining({ code: 'HOST_KEY_INVALID', host: 'agent1' }) as Error,
      );
    },
  );

  it('survives any bytes a server may show', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const key = hostKeyOf(Buffer.from(bytes));
        if (key !== undefined) expect(key.type.length).toBeLessThan(bytes.length);
      }),
    );
  });
});

it('asks for RSA signatures without SHA-1', () => {
  expect(algorithmsFor('ssh-rsa')).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
  expect(algorithmsFor('ssh-ed25519')).toEqual(['ssh-ed25519']);
});
