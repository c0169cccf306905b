import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
  const isComplete = ['ca.pem', 'cert.pem', 'key.pem'].every((file) => existsSync(join(own, file)));
  return isComplete ? own : join(home, engineOf(record).certPath);
}
