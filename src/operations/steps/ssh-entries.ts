import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../lib/errors.js';
import { writeFileAtomic } from '../../machine/atomic-file.js';
import type { OperationContext } from '../access/context.js';
import { openSshHost } from '../access/openssh-entry.js';

export type Context = Pick<OperationContext, 'store' | 'env' | 'signal'>;

export interface SshConfigResult {
  readonly hosts: readonly string[];
  /** The entries. */
  readonly config: string;
}

export const lockOf = 'ssh-config';

/** Entries for OpenSSH's programs, of the named hosts or of all that can be reached. Errors: HOST_UNKNOWN, HOST_NOT_READY. */
export async function sshConfig(context: Context, names: readonly string[]): Promise<SshConfigResult> {
  const { store } = context;
  const records =
    names.length > 0
      ? await Promise.all(names.map((name) => store.require(name)))
      : (await store.list()).machines.filter(({ endpoint }) => endpoint !== null);
  const hosts = await Promise.all(records.map((record) => openSshHost(store, record)));
  return { hosts: records.map(({ name }) => name), config: hosts.map(({ entry }) => entry).join('\n') };
}

/** Updates the included file if it is installed; a failure is only reported. */
export async function refreshSshConfig(context: Context & Pick<OperationContext, 'report'>): Promise<void> {
  const file = includedFile(context);
  try {
    if ((await readIfThere(file)) === undefined) return;
    await context.store.withLock(lockOf, { signal: context.signal }, () => writeIncluded(context, file));
  } catch (error) {
    context.report({ type: 'warning', message: `the SSH entries could not be updated: ${messageOf(error)}` });
  }
}

export const includedFile = ({ store }: Context): string => join(store.home, 'ssh', 'config');

export async function writeIncluded(context: Context, file: string): Promise<void> {
  await context.store.folder('ssh');
  const { config } = await sshConfig(context, []);
  await writeFileAtomic(file, `# Written by swarmup: changes are lost.\n${config}`);
}

export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
