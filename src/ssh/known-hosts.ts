import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { codeOf, messageOf, SwarmupError } from '../lib/errors.js';
import { type HostKey, hostKeyOf } from './host-key.js';

/** The entries of known_hosts files for one host. */
export interface KnownKeys {
  readonly trusted: readonly HostKey[];
  /** Keys that must never be accepted, even if they are trusted elsewhere. */
  readonly revoked: readonly HostKey[];
  /** There is a `@cert-authority` for it. swarmup does not check host certificates, so it trusts none. */
  readonly hasAuthority: boolean;
}

/**
 * The keys of a host in known_hosts files: plain, hashed and `[host]:port` names, patterns, negations, `@revoked`.
 * Files that are not there are left out. Source of the format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 * Errors: KNOWN_HOSTS_UNREADABLE.
 */
export async function readKnownKeys(files: readonly string[], host: string, port: number): Promise<KnownKeys> {
  const texts = await Promise.all(files.map(readIfThere));
  return knownKeysIn(texts.join('\n'), host, port);
}

export function knownKeysIn(text: string, host: string, port: number): KnownKeys {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  const found = text.split(/\r?\n/).flatMap((line) => entryOf(line) ?? []);
  const mine = found.filter((entry) => namesHost(entry.names, name));
  const keys = (marker: string): readonly HostKey[] => mine.filter((e) => e.marker === marker).map(({ key }) => key);
  return { trusted: keys(''), revoked: keys('@revoked'), hasAuthority: keys('@cert-authority').length > 0 };
}

interface Entry {
  readonly marker: string;
  readonly names: string;
  readonly key: HostKey;
}

function entryOf(line: string): Entry | undefined {
  const [, marker = '', names, type, encoded] =
    /^\s*(?:(@\S+)\s+)?([^#\s]\S*)\s+([a-z][\w.@-]*)\s+([A-Za-z0-9+/=]+)/.exec(line) ?? [];
  if (names === undefined || encoded === undefined) return undefined;
  const key = hostKeyOf(Buffer.from(encoded, 'base64'));
  return key === undefined || key.type !== type ? undefined : { marker, names, key };
}

function namesHost(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return isHashOf(names, name);
  const patterns = names.toLowerCase().split(',');
  const matches = (pattern: string): boolean => globMatches(pattern, name);
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` and `?` as in ssh_config(5), PATTERNS. */
function globMatches(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    // Without this file, known hosts would become unknown.
    throw new SwarmupError('KNOWN_HOSTS_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
