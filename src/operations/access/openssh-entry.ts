import { join } from 'node:path';
import { isCleanText } from '../../lib/border.js';
import { SwarmupError } from '../../lib/errors.js';
import type { SshCredentials } from '../../lib/ssh-login.js';
import type { Endpoint, MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import { createCommand } from './create-command.js';
import { keyFiles, knownHostsFile } from './host-keys.js';

/** Files beside the machine record; they go with it. */
const files = { config: 'ssh_config', knownHosts: knownHostsFile } as const;

/** A host for OpenSSH's own programs. */
interface OpenSshHost {
  /** What to call it after `ssh`. */
  readonly alias: string;
  /** Its block of an ssh_config. */
  readonly entry: string;
  /** For `ssh -F`: holds this host alone. */
  readonly configFile: string;
}

/**
 * Writes the files that OpenSSH needs to reach a host as swarmup does, with only the pinned keys: an entry, one entry
 * for each jump host, and a known_hosts file. Host keys are found by aliases, because addresses may change. Errors:
 * HOST_NOT_READY, STORE_WRITE_FAILED; RECORD_BROKEN for values that OpenSSH would read as more than one argument.
 */
export async function openSshHost(store: Store, record: MachineRecord): Promise<OpenSshHost> {
  const { name, endpoint } = record;
  if (endpoint === null)
    throw new SwarmupError(
      'HOST_NOT_READY',
      `${name} cannot be reached over SSH: the creation of the host was not finished`,
      {
        host: name,
        hints: [`${createCommand(record.swarm, [name])} resumes it`],
      },
    );
  const at = (file: string): string => join(store.home, store.hostFolder(name), file);
  const alias = aliasOf(store.outsideName(name));
  const hops = hopsOf(alias, endpoint, at(keyFiles.user));
  requireArguments(name, hops);
  const entry = hops
    .map((hop, i) => entryOf(hop, hops[i - 1], { config: at(files.config), knownHosts: at(files.knownHosts) }))
    .join('\n');
  const knownHosts = hops.map(({ alias, hostKey }) => `${alias} ${keyOf(hostKey)}\n`).join('');
  await writeIfOther(store, name, files.knownHosts, knownHosts);
  await writeIfOther(store, name, files.config, entry);
  return { alias, entry, configFile: at(files.config) };
}

/** A name of its own, so that it hides no host of the user's. */
const aliasOf = (name: string): string => `${name}.swarmup`;

interface Hop extends Pick<Endpoint, 'host' | 'port' | 'user' | 'hostKey'> {
  readonly alias: string;
  readonly credentials: SshCredentials;
}

/** The jump hosts, the nearest first, and the host itself. */
function hopsOf(alias: string, endpoint: Endpoint, ownKey: string): readonly Hop[] {
  const { login } = endpoint;
  const jumps = (login?.jumps ?? []).map(({ hostKey = '', ...jump }, i) => ({
    ...jump,
    hostKey,
    // No name of a host has an underscore.
    alias: `jump${i + 1}_${alias}`,
    credentials: jump,
  }));
  const credentials = login ?? { identityFiles: [ownKey], agent: 'none', identitiesOnly: true };
  return [...jumps, { ...endpoint, alias, credentials }];
}

/** For records of any origin: a value with a line break, a quote or a space would be another line or argument. */
function requireArguments(name: string, hops: readonly Hop[]): void {
  const isWord = (text: string): boolean => isCleanText(text) && /^[^\s"'#-][^\s"']*$/.test(text);
  const isPath = (text: string): boolean => isCleanText(text) && !text.includes('"');
  for (const { host, user, port, credentials } of hops) {
    const { identityFiles, agent = 'none' } = credentials;
    const wrong = [
      ...(isWord(host) ? [] : ['host']),
      ...(isWord(user) ? [] : ['user']),
      ...(Number.isInteger(port) ? [] : ['port']),
      ...(identityFiles.every(isPath) ? [] : ['identityFiles']),
      ...(isPath(agent) ? [] : ['agent']),
    ];
    if (wrong.length === 0) continue;
    const message = `the record of ${name} has values that cannot stand in an ssh_config: ${wrong.join(', ')}`;
    throw new SwarmupError('RECORD_BROKEN', message, {
      host: name,
      hints: ['correct the fields of its endpoint in machine.json'],
    });
  }
}

/** What is left out would be taken from the user's `Host *`. */
function entryOf(hop: Hop, before: Hop | undefined, paths: Readonly<Record<keyof typeof files, string>>): string {
  const { alias, host, port, user, credentials } = hop;
  const { identityFiles, agent = 'none', identitiesOnly = false } = credentials;
  const identities = identityFiles.length === 0 ? ['none'] : identityFiles.map(quoted);
  return [
    `Host ${alias}`,
    `  HostName ${host}`,
    `  Port ${port}`,
    `  User ${user}`,
    ...identities.map((file) => `  IdentityFile ${file}`),
    `  IdentityAgent ${['none', 'SSH_AUTH_SOCK'].includes(agent) ? agent : quoted(agent)}`,
    `  IdentitiesOnly ${identitiesOnly ? 'yes' : 'no'}`,
    '  PreferredAuthentications publickey',
    `  ProxyCommand ${before === undefined ? 'none' : throughHost(before.alias, paths.config)}`,
    `  HostKeyAlias ${alias}`,
    `  UserKnownHostsFile ${quoted(paths.knownHosts)}`,
    '  GlobalKnownHostsFile none',
    '  StrictHostKeyChecking yes',
    '',
  ].join('\n');
}

/** As ProxyJump, which however hands on the name of the config file unquoted: one with a space fails (OpenSSH 9.2). */
const throughHost = (alias: string, config: string): string =>
  `ssh -F ${quoted(config).replaceAll(/[$`]/g, String.raw`\$&`)} -W [%h]:%p ${alias}`;

/** Type and key, without the comment. */
const keyOf = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(' ');

/** ssh_config(5): arguments with spaces stand in double quotes; %, and \ on Windows, are its own. */
const quoted = (path: string): string => `"${path.replaceAll('%', '%%').replaceAll('\\', '/')}"`;

async function writeIfOther(store: Store, name: string, file: string, text: string): Promise<void> {
  if ((await store.readSecret(name, file)) !== text) await store.writeSecret(name, file, text);
}
