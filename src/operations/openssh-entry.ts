import { join } from 'node:path';
import { SwarmupError } from '../lib/errors.js';
import type { MachineRecord } from '../machine/machine-record.js';
import type { Store } from '../machine/store.js';
import { createCommand } from './create-command.js';
import { keyFiles } from './host-keys.js';

/** Files beside the machine record; they go with it. */
const files = { config: 'ssh_config', knownHosts: 'known_hosts' } as const;

/** A host for OpenSSH's own programs. */
export interface OpenSshHost {
  /** What to call it after `ssh`. */
  readonly alias: string;
  /** Its block of an ssh_config. */
  readonly entry: string;
  /** For `ssh -F`: holds this host alone. */
  readonly configFile: string;
}

/**
 * Writes what OpenSSH needs to reach a host as swarmup does, with the pinned key and no other: an entry and a
 * known_hosts file. The host key is looked up by an alias, so that addresses may change.
 * Errors: HOST_NOT_READY, STORE_WRITE_FAILED.
 */
export async function openSshHost(store: Store, record: MachineRecord): Promise<OpenSshHost> {
  const { name, endpoint } = record;
  if (endpoint === null)
    throw new SwarmupError('HOST_NOT_READY', `${name} cannot be reached by ssh: its creation was not finished`, {
      host: name,
      hints: [`${createCommand(record.swarm, [name])} resumes it`],
    });
  // A name of its own, so that it hides no host of the user's.
  const alias = `${name}.swarmup`;
  const at = (file: string): string => join(store.home, 'machines', name, file);
  const entry = [
    `Host ${alias}`,
    `  HostName ${endpoint.host}`,
    `  Port ${String(endpoint.port)}`,
    `  User ${endpoint.user}`,
    `  IdentityFile ${quoted(at(keyFiles.user))}`,
    '  IdentitiesOnly yes',
    `  HostKeyAlias ${alias}`,
    `  UserKnownHostsFile ${quoted(at(files.knownHosts))}`,
    '  GlobalKnownHostsFile none',
    '  StrictHostKeyChecking yes',
    '',
  ].join('\n');
  await writeIfOther(store, name, files.knownHosts, `${alias} ${keyOf(endpoint.hostKey)}\n`);
  await writeIfOther(store, name, files.config, entry);
  return { alias, entry, configFile: at(files.config) };
}

/** Type and key, without the comment. */
const keyOf = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(' ');

/** ssh_config(5): arguments with spaces stand in double quotes; %, and \ on Windows, are its own. */
const quoted = (path: string): string => `"${path.replaceAll('%', '%%').replaceAll('\\', '/')}"`;

async function writeIfOther(store: Store, name: string, file: string, text: string): Promise<void> {
  if ((await store.readSecret(name, file)) !== text) await store.writeSecret(name, file, text);
}
