import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { messageOf, usageError } from '../lib/errors.js';
import type { CommandIo } from './command-io.js';
import { askSecret } from './prompts.js';

/** How the unlock key of a swarm is given: never as an argument, which everybody on this machine could read. */
export const unlockKeyFlags = {
  'unlock-key-file': {
    type: 'string',
    description: 'file with the unlock key of a swarm that has autolock, or - for stdin [default: ask for the key]',
    value: 'FILE',
  },
} as const;

/**
 * Reads the unlock key when it is needed, once.
 * Errors: UNLOCK_KEY_NEEDED, UNLOCK_KEY_UNREADABLE (exit 2); INTERRUPTED at Ctrl-C.
 */
export function unlockKeySource(
  io: CommandIo,
  file: string | undefined,
  signal: AbortSignal,
): (host: string) => Promise<string> {
  let key: Promise<string> | undefined;
  return (host) => (key ??= readUnlockKey(io, file, host, signal));
}

async function readUnlockKey(
  io: CommandIo,
  file: string | undefined,
  host: string,
  signal: AbortSignal,
): Promise<string> {
  if (file === '-') return text(io.stdin);
  if (file !== undefined)
    return readFile(file, 'utf8').catch((error: unknown) => {
      throw usageError('UNLOCK_KEY_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`);
    });
  if (io.isTty('stdin') && io.isTty('stderr')) return askSecret(io, `Unlock key for ${host}`, signal);
  throw usageError(
    'UNLOCK_KEY_NEEDED',
    `${host} is locked, and swarmup cannot ask for the unlock key because there is no terminal`,
    'give it with --unlock-key-file FILE, or - for stdin',
  );
}
