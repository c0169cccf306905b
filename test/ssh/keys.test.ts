import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { parseHostKey } from '../../src/ssh/host-key.js';
import { encodeSshKey, generateSshKey, type SshKeyPair } from '../../src/ssh/keys.js';

function signsFor(pair: SshKeyPair): boolean {
  const privateKey = ssh2.utils.parseKey(pair.privateKey);
  const publicKey = ssh2.utils.parseKey(pair.publicKey);
  if (privateKey instanceof Error || publicKey instanceof Error) return false;
  const data = Buffer.from('signed');
  return (
    privateKey.getPublicSSH().equals(publicKey.getPublicSSH()) &&
    (publicKey.verify(data, privateKey.sign(data)) as unknown) === true
  );
}

/** A pair whose public key, or seed, begins with a zero byte: those are the ones that careless encoders break. */
function pairWithLeadingZero(part: 'x' | 'd'): SshKeyPair {
  for (;;) {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const bytes = { x: Buffer.from(jwk.x ?? '', 'base64url'), d: Buffer.from(jwk.d ?? '', 'base64url') };
    if (bytes[part][0] === 0) return encodeSshKey(bytes.d, bytes.x, 'zero');
  }
}

describe('generateSshKey', () => {
  it('makes keys that ssh2 reads and that sign for each other, whatever the comment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (comment) => {
        // What ends a line for ssh2's reader; our comments are names of hosts.
        const pair = generateSshKey(comment.replaceAll(/[\r\n\u2028\u2029]/g, ' '));
        expect(signsFor(pair)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it.each(['x', 'd'] as const)('keeps leading zeros (%s)', (part) => {
    expect(signsFor(pairWithLeadingZero(part))).toBe(true);
  });

  it.skipIf(!existsSync('/usr/bin/ssh-keygen'))('makes keys that ssh-keygen reads', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-keys-'));
    try {
      const pairs = [generateSshKey('agent1'), generateSshKey(''), pairWithLeadingZero('x'), pairWithLeadingZero('d')];
      for (const [index, pair] of pairs.entries()) {
        const file = join(folder, String(index));
        await writeFile(file, pair.privateKey, { mode: 0o600 });
        expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim()).toBe(pair.publicKey.trim());
        const shown = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' });
        expect(shown).toContain(parseHostKey(pair.publicKey, 'agent1').fingerprint);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
