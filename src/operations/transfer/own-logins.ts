import { isPlain } from '../../lib/is-plain.js';

interface LoginFiles {
  /** The host's own name. */
  readonly host: string;
  /** The folder that the host gets, absolute. */
  readonly folder: string;
  /** What will be in it, by path below it. */
  readonly files: ReadonlyMap<string, unknown>;
  /** The sender's paths of keys that came along, and their paths below the folder. */
  readonly keys: ReadonlyMap<string, string>;
  /** Called for everything that a login names and cannot keep. */
  readonly leftOut: (text: string) => void;
}

/**
 * The record with logins (of the endpoint, its jump hosts, in the driver's state) that name files of the host's folder
 * only: a key that came along is where it is now, any other path is the sender's and goes. So a later `export` packs, and
 * a later login reads, no file that a sender has chosen.
 */
export function ownLogins(value: unknown, files: LoginFiles): unknown {
  if (Array.isArray(value)) return value.map((part) => ownLogins(part, files));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const kept = fieldOf(key, inner, files);
      return kept === undefined ? [] : [[key, kept]];
    }),
  );
}

/** undefined: the field goes. */
function fieldOf(key: string, value: unknown, files: LoginFiles): unknown {
  if (key === 'identityFiles' && Array.isArray(value)) return value.flatMap((path) => keyHere(path, files));
  // Host keys are pinned in the record; others are asked for.
  if (key === 'policy' && isPlain(value)) return { ...value, knownHosts: [], unknown: 'ask' };
  if (key === 'agent' && value !== 'SSH_AUTH_SOCK' && value !== 'none') {
    files.leftOut('the socket of an ssh-agent');
    return undefined;
  }
  return ownLogins(value, files);
}

function keyHere(path: unknown, { host, folder, files, keys, leftOut }: LoginFiles): readonly string[] {
  if (typeof path === 'string') {
    const sent = keys.get(path);
    if (sent !== undefined) return [`${folder}/${sent}`];
    // A key in the store that it came from.
    const [, below] = path.split(`/hosts/${host}/`);
    const old = below ?? path.split(`/machines/${host}/`)[1];
    if (old !== undefined && files.has(old)) return [`${folder}/${old}`];
  }
  leftOut('a key of the sender that did not come along');
  return [];
}
