import { createCipheriv, createDecipheriv, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { SwarmupError } from './errors.js';

/** The key to a sealed file: a passphrase, or the bytes of a key file. Never log it. */
export interface SealKey {
  readonly mode: 'passphrase' | 'key-file';
  readonly secret: string | Uint8Array;
  /** Of `seal`, as a power of two, where it is not the usual 17: tests that seal often have better things to do. */
  readonly cost?: number;
}

/** The file to read and its expected content, for messages. */
export interface SealedSource {
  readonly path: string;
  /** What the file must hold, as given to `seal`. */
  readonly kind: string;
}

/** The part of a sealed file that can be read without its key. */
export interface SealHeader {
  readonly mode: SealKey['mode'];
}

const format = 'swarmup-sealed';
const version = 1;
const algorithm = 'aes-256-gcm';
const tagBytes = 16;
const nonceBytes = 12;
const saltBytes = 16;
const headerLimitBytes = 1024;
/** OWASP's Password Storage Cheat Sheet: N = 2^17, r = 8, p = 1; 128 MiB and some tenths of a second. */
const usualCost = 17;
/** A file of others must not be able to take all memory: 1 GiB. */
const maxCost = 20;

interface Header extends SealHeader {
  readonly format: string;
  readonly version: number;
  readonly kind: string;
  /** scrypt with N = 2^cost, r = 8, p = 1. */
  readonly cost: number;
  readonly salt: string;
  readonly nonce: string;
  /** Distinguishes a wrong key from damaged content; derived beside the key, so that it reveals nothing about it. */
  readonly check: string;
}

/**
 * Encrypts and authenticates `data`: one line of JSON that describes it, then the content under AES-256-GCM with a key
 * that scrypt makes from the passphrase or from the key file. The line is authenticated as well. `kind` names the
 * content (`machines`), so that a file cannot be mistaken for another. Data and result are in memory at the same time.
 */
export async function seal(
  data: Uint8Array,
  options: { readonly kind: string; readonly key: SealKey },
): Promise<Buffer> {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const { cost = usualCost } = options.key;
  const { encryptionKey, check } = await deriveKey(options.key, salt, cost);
  const header: Header = {
    format,
    version,
    kind: options.kind,
    mode: options.key.mode,
    cost,
    salt: salt.toString('base64url'),
    nonce: nonce.toString('base64url'),
    check: check.toString('base64url'),
  };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  const cipher = createCipheriv(algorithm, encryptionKey, nonce, { authTagLength: tagBytes }).setAAD(line);
  const body = Buffer.concat([cipher.update(data), cipher.final()]);
  return Buffer.concat([line, body, cipher.getAuthTag()]);
}

/**
 * The content that was passed to `seal`. Errors: those of `readSealHeader`; SEAL_KEY_WRONG if the passphrase or key
 * file is not the one in use; SEAL_DAMAGED if the content has changed.
 */
export async function unseal(file: Uint8Array, source: SealedSource, key: SealKey): Promise<Buffer> {
  const { header, line } = parseHeader(file, source);
  if (header.mode !== key.mode) throw wrongKey(source, header.mode);
  const { encryptionKey, check } = await deriveKey(key, fromText(header.salt), header.cost);
  const expected = fromText(header.check);
  if (expected.length !== check.length || !timingSafeEqual(expected, check)) throw wrongKey(source, header.mode);
  const body = file.subarray(line.length);
  if (body.length < tagBytes) throw damaged(source, 'the file ends too early');
  try {
    const nonce = fromText(header.nonce);
    const decipher = createDecipheriv(algorithm, encryptionKey, nonce, { authTagLength: tagBytes }).setAAD(line);
    decipher.setAuthTag(body.subarray(-tagBytes));
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]);
  } catch (error) {
    throw damaged(source, 'the content has changed since it was written', error);
  }
}

/**
 * The kind of key that opens the file, read before the user is asked for a passphrase. Errors: SEAL_FOREIGN (exit 1) if
 * the file is not a sealed file, or contains something else; SEAL_NEWER.
 */
export function readSealHeader(file: Uint8Array, source: SealedSource): SealHeader {
  return { mode: parseHeader(file, source).header.mode };
}

function parseHeader(file: Uint8Array, source: SealedSource): { readonly header: Header; readonly line: Uint8Array } {
  const end = file.subarray(0, headerLimitBytes).indexOf(0x0a);
  const line = file.subarray(0, end + 1);
  const header = parseJson(Buffer.from(line).toString());
  if (header?.format !== format) throw foreign(source, 'swarmup did not write the file');
  if (typeof header.version === 'number' && header.version > version)
    throw new SwarmupError(
      'SEAL_NEWER',
      `a newer swarmup wrote ${source.path} (version ${header.version}, but this swarmup knows only ${version})`,
      { hints: ['upgrade swarmup'] },
    );
  if (!isHeader(header)) throw damaged(source, 'the first line is not valid');
  if (header.kind !== source.kind) throw foreign(source, `the file contains ${JSON.stringify(header.kind)}`);
  return { header, line };
}

function parseJson(text: string): Partial<Header> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHeader(header: Partial<Header>): header is Header {
  const { mode, cost: asked, kind, salt, nonce, check } = header;
  return (
    header.version === version &&
    (mode === 'passphrase' || mode === 'key-file') &&
    Number.isInteger(asked) &&
    Number(asked) >= 10 &&
    Number(asked) <= maxCost &&
    [kind, salt, nonce, check].every((text) => typeof text === 'string') &&
    fromText(nonce ?? '').length === nonceBytes
  );
}

const fromText = (text: string): Buffer => Buffer.from(text, 'base64url');

function deriveKey(
  { secret }: SealKey,
  salt: Uint8Array,
  logN: number,
): Promise<{ readonly encryptionKey: Buffer; readonly check: Buffer }> {
  const N = 2 ** logN;
  // Two keyboards may write one letter as different code points.
  const bytes = typeof secret === 'string' ? secret.normalize('NFKC') : secret;
  return new Promise((resolve, reject) => {
    scrypt(bytes, salt, 48, { N, r: 8, p: 1, maxmem: 2 * 128 * N * 8 }, (error, derived) => {
      if (error !== null) reject(error);
      else resolve({ encryptionKey: derived.subarray(0, 32), check: derived.subarray(32) });
    });
  });
}

function wrongKey({ path }: SealedSource, mode: SealKey['mode']): SwarmupError {
  const what = mode === 'passphrase' ? 'the passphrase does not open' : 'the key file does not open';
  const hint =
    mode === 'passphrase'
      ? 'the file was sealed with a passphrase: enter the passphrase again'
      : 'the file was sealed with a key file: name the key file with --key-file';
  return new SwarmupError('SEAL_KEY_WRONG', `${what} ${path}`, { hints: [hint] });
}

function damaged({ path }: SealedSource, why: string, cause?: unknown): SwarmupError {
  return new SwarmupError('SEAL_DAMAGED', `${path} is damaged: ${why}`, {
    hints: ['copy the file again from the place where it was made'],
    ...(cause !== undefined && { cause }),
  });
}

function foreign({ path, kind }: SealedSource, why: string): SwarmupError {
  return new SwarmupError('SEAL_FOREIGN', `${path} is not a file of ${JSON.stringify(kind)}: ${why}`);
}
