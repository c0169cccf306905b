import { usageError } from '../../lib/errors.js';

/** A path on this computer (`machine` null) or on a host. */
export interface FileLocation {
  readonly machine: string | null;
  /** undefined: the one that swarmup itself uses. */
  readonly user: string | undefined;
  /** As given; '' is the user's home folder (or, here, the working folder). */
  readonly path: string;
}

/**
 * Reads `[[user@]machine:]path` as scp does: a colon before the first slash ends the machine, `localhost:` is this
 * computer, `./a:b` is a plain path. Errors: LOCATION_INVALID (exit 2).
 */
export function parseLocation(text: string, platform: NodeJS.Platform): FileLocation {
  const [, prefix, path] = /^([^/\\:]*):(.*)$/s.exec(text) ?? [];
  const isDrive = platform === 'win32' && prefix !== undefined && /^[a-z]$/i.test(prefix);
  if (prefix === undefined || path === undefined || isDrive) {
    if (text !== '') return { machine: null, user: undefined, path: text };
    throw invalid(text, 'the text is empty');
  }
  const at = prefix.lastIndexOf('@');
  const machine = prefix.slice(at + 1);
  const user = at === -1 ? undefined : prefix.slice(0, at);
  if (machine === '' || user === '') throw invalid(text, 'the part before the colon is not in the form [USER@]MACHINE');
  if (machine !== 'localhost') return { machine, user, path };
  if (user !== undefined) throw invalid(text, 'localhost: means this computer and cannot have a user');
  return { machine: null, user: undefined, path: path === '' ? '.' : path };
}

function invalid(text: string, why: string): Error {
  return usageError(
    'LOCATION_INVALID',
    `${JSON.stringify(text)} is not a valid location: ${why}`,
    'a location is PATH, MACHINE:PATH or USER@MACHINE:PATH; write ./a:b for a local file with a colon in its name',
  );
}

/** The text for a location in messages. */
export function locationText({ machine, user, path }: FileLocation): string {
  if (machine === null) return path;
  return `${user === undefined ? '' : `${user}@`}${machine}:${path}`;
}
