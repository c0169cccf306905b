import { generateKeyPairSync, randomBytes } from 'node:crypto';

export interface SshKeyPair {
  /** OpenSSH private key file, unencrypted. */
  readonly privateKey: string;
  /** One line, `ssh-ed25519 AAAA… comment`, with its newline. */
  readonly publicKey: string;
}

/**
 * Makes an ed25519 key pair in OpenSSH's format (PROTOCOL.key in OpenSSH's sources).
 * The raw bytes come from JWK, which keeps leading zeros: ssh2's own generator drops them and makes an unusable key
 * about once in 256 times (mscdex/ssh2#1390).
 */
export function generateSshKey(comment: string): SshKeyPair {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return encodeSshKey(Buffer.from(jwk.d ?? '', 'base64url'), Buffer.from(jwk.x ?? '', 'base64url'), comment);
}

/** The OpenSSH files of an ed25519 key, given its 32-byte seed and its 32-byte public key. */
export function encodeSshKey(seed: Buffer, publicKey: Buffer, comment: string): SshKeyPair {
  const none = sshString('none');
  const publicBlob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicKey)]);
  const check = randomBytes(4);
  const keyPair = sshString(Buffer.concat([seed, publicKey]));
  const secret = padded(Buffer.concat([check, check, publicBlob, keyPair, sshString(comment)]));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none, // cipher
    none, // key derivation
    sshString(''), // its options
    uint32(1), // number of keys
    sshString(publicBlob),
    sshString(secret),
  ]);
  const lines = body.toString('base64').replace(/.{70}(?=.)/g, '$&\n');
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `ssh-ed25519 ${publicBlob.toString('base64')} ${comment}\n`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A length and the bytes (RFC 4251 section 5). */
function sshString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** 1, 2, 3 … up to the cipher's block size, which is 8 for `none`. */
function padded(bytes: Buffer): Buffer {
  const missing = (8 - (bytes.length % 8)) % 8;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}
