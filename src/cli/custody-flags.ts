import { resolve } from 'node:path';
import { usageError } from '../lib/errors.js';
import type { KeyCustody } from '../machine/machine-record.js';
import type { CommandIo } from './command-io.js';
import { readSealKey, sealFlags, type SealFlagValues } from './seal-key.js';

/** Who keeps the unlock key of a swarm. */
export const custodyFlags = {
  ...sealFlags,
  'key-command': {
    type: 'string',
    description:
      'shell command that stores the key (sops, pass, vault …): it reads the key from stdin if ' +
      'SWARMUP_KEY_ACTION=set, and prints the key if SWARMUP_KEY_ACTION=get',
    value: 'COMMAND',
    excludes: ['key-file', 'passphrase-file', 'keyring'],
  },
  keyring: {
    type: 'boolean',
    description: 'store the key in the keyring of this computer [default: if there is a keyring]',
    excludes: ['key-file', 'passphrase-file'],
  },
} as const;

interface CustodyFlagValues extends SealFlagValues {
  readonly 'key-command'?: string | undefined;
  readonly keyring?: boolean;
}

/** The custody that the flags ask for; undefined: none of them does. Errors: KEY_COMMAND_EMPTY (exit 2). */
export function custodyOf(flags: CustodyFlagValues): KeyCustody | undefined {
  const { 'key-command': command, 'key-file': keyFile, 'passphrase-file': passphraseFile } = flags;
  if (command?.trim() === '') throw usageError('KEY_COMMAND_EMPTY', '--key-command is empty');
  if (command !== undefined) return { type: 'command', command };
  if (keyFile !== undefined) return { type: 'key-file', keyFile: resolve(keyFile) };
  if (passphraseFile !== undefined) return { type: 'passphrase' };
  return flags.keyring === true ? { type: 'keyring' } : undefined;
}

/** Reads what seals a file of keys, by the flags or by asking twice. Errors: those of `readSealKey`. */
export const sealKeyReader = (io: CommandIo, flags: SealFlagValues, signal: AbortSignal) => () =>
  readSealKey(io, flags, { signal, isNew: true, question: 'New passphrase for the unlock key' });
