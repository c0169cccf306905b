import { statSync } from 'node:fs';
import { SwarmupError } from '../lib/errors.js';
import { quote } from '../lib/quote.js';

const writableByOthers = 0o022;

/**
 * Refuses a store that belongs to another user or that others may write to: they could replace its records and keys.
 * A folder that does not exist is fine, and so is Windows, which has no such modes. `user` is the id of the user of this
 * process, undefined on Windows. Errors: STORE_NOT_PRIVATE (exit 2).
 */
export function requirePrivateHome(home: string, user: number | undefined): void {
  const about = user === undefined ? undefined : statSync(home, { throwIfNoEntry: false });
  if (about?.isDirectory() !== true) return;
  if (about.uid !== user)
    throw notPrivate(`${home} belongs to the user with the id ${about.uid}, not to you`, [
      'set SWARMUP_HOME to a folder of your own, or become the owner of this one (chown)',
    ]);
  if ((about.mode & writableByOthers) !== 0)
    throw notPrivate(`other users may write to ${home}`, [
      'check that its content was not changed, then take the right away:',
      quote(['chmod', 'go-w', home]),
    ]);
}

const notPrivate = (message: string, hints: readonly string[]): SwarmupError =>
  new SwarmupError('STORE_NOT_PRIVATE', message, { exitCode: 2, hints });
