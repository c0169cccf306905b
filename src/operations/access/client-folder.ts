import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';
import { engineOf } from './engine-of.js';

/** The folder of a host whose ca.pem trusts this host only, relative to the store's. */
export const ownClientFolder = (store: Pick<Store, 'hostFolder'>, { name }: Pick<MachineRecord, 'name'>): string =>
  join(store.hostFolder(name), 'docker');

/**
 * Where a docker client finds ca.pem, cert.pem and key.pem for a host, absolute: the host's own folder, or that of the
 * authority for a host that this version has not configured yet. Errors: HOST_NOT_READY, NO_TLS.
 */
export function clientFolder(store: Pick<Store, 'home' | 'hostFolder'>, record: MachineRecord): string {
  const { home } = store;
  const own = join(home, ownClientFolder(store, record));
  return lacking(own).length === 0 ? own : join(home, engineOf(record).certPath);
}

/** The same, if the files are there. Errors: those of `clientFolder`; CERTIFICATES_MISSING. */
export function completeClientFolder(store: Pick<Store, 'home' | 'hostFolder'>, record: MachineRecord): string {
  const folder = clientFolder(store, record);
  const missing = lacking(folder);
  if (missing.length === 0) return folder;
  throw new SwarmupError(
    'CERTIFICATES_MISSING',
    `a docker client cannot log in to ${record.name}: there is no ${missing.join(', ')} in ${folder}`,
    { host: record.name, hints: [`${swarmup`provision ${record.name}`} makes new certificates`] },
  );
}

/** existsSync follows links, so a link to nothing is lacking, too. */
const lacking = (folder: string): readonly string[] =>
  ['ca.pem', 'cert.pem', 'key.pem'].filter((file) => !existsSync(join(folder, file)));
