import { readFile } from 'node:fs/promises';
import { messageOf, SwarmupError, usageError } from '../lib/errors.js';
import type { SealKey } from '../lib/sealed-file.js';
import type { CommandIo } from './command-io.js';
import { askSecret } from './prompts.js';

/** How the key of a sealed file is given: never as an argument, which everybody on this machine could read. */
export const sealFlags = {
  'passphrase-file': {
    type: 'string',
    description: 'file with the passphrase on its first line [default: ask for the passphrase]',
    value: 'FILE',
    excludes: ['key-file'],
  },
  'key-file': {
    type: 'string',
    description: 'file with a key to use instead of a passphrase; `openssl rand -base64 32` makes a good key',
    value: 'FILE',
  },
} as const;

export interface SealFlagValues {
  readonly 'passphrase-file'?: string | undefined;
  readonly 'key-file'?: string | undefined;
}

interface SealKeyOptions {
  readonly signal: AbortSignal;
  /** For the question, as in `Passphrase for lab.swarmup`. */
  readonly question: string;
  /** The passphrase is a new one: it is asked for twice. */
  readonly isNew: boolean;
}

/**
 * The key of a sealed file from the flags, else by asking on the terminal.
 * Errors: SEAL_KEY_UNREADABLE, SEAL_KEY_WEAK, PASSPHRASE_NEEDED (exit 2); INTERRUPTED at Ctrl-C.
 */
export async function readSealKey(io: CommandIo, flags: SealFlagValues, options: SealKeyOptions): Promise<SealKey> {
  const { 'key-file': keyFile, 'passphrase-file': passphraseFile } = flags;
  if (keyFile !== undefined) return { mode: 'key-file', secret: await keyOf(keyFile) };
  return { mode: 'passphrase', secret: await readPassphrase(io, { 'passphrase-file': passphraseFile }, options) };
}

/** The passphrase from a file, else by asking on the terminal. Errors: as `readSealKey`. */
export async function readPassphrase(
  io: CommandIo,
  { 'passphrase-file': path }: Pick<SealFlagValues, 'passphrase-file'>,
  options: SealKeyOptions,
): Promise<string> {
  if (path === undefined || path === '') return askPassphrase(io, options);
  const [line = ''] = (await readSecretFile(path)).toString('utf8').split(/\r?\n/);
  if (line === '') throw weak(`the first line of ${path} is empty`);
  if (options.isNew) requireLong(line, `the first line of ${path}`);
  return line;
}

/** Of a new passphrase: who has the file can try as many as they like. An old one opens what it sealed. */
const minPassphrase = 12;

function requireLong(passphrase: string, what: string): void {
  if (passphrase.length >= minPassphrase) return;
  throw weak(`${what} is too short for a passphrase: it needs at least ${minPassphrase} characters`);
}

const minKeyBytes = 16;

async function keyOf(path: string): Promise<Buffer> {
  const key = await readSecretFile(path);
  if (key.length < minKeyBytes) throw weak(`the key in ${path} has fewer than ${minKeyBytes} bytes`);
  return key;
}

async function askPassphrase(io: CommandIo, { question, isNew, signal }: SealKeyOptions): Promise<string> {
  if (!io.isTty('stdin') || !io.isTty('stderr'))
    throw usageError(
      'PASSPHRASE_NEEDED',
      'there is no terminal to ask for the passphrase on',
      'give it with --passphrase-file FILE or use --key-file FILE',
    );
  const passphrase = await askSecret(io, question, signal);
  if (passphrase === '') throw weak('the passphrase is empty');
  if (isNew) requireLong(passphrase, 'the text');
  if (isNew && (await askSecret(io, 'Repeat the passphrase', signal)) !== passphrase)
    throw new SwarmupError('PASSPHRASE_DIFFERS', 'the two passphrases differ; nothing was done');
  return passphrase;
}

async function readSecretFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw usageError('SEAL_KEY_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`);
  }
}

const weak = (why: string): SwarmupError =>
  usageError('SEAL_KEY_WEAK', why, 'openssl rand -base64 32 > FILE makes a good one');
