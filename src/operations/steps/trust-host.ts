import type { MachineRecord } from '../../machine/machine-record.js';
import { ownClientFolder } from '../access/client-folder.js';
import type { OperationContext } from '../access/context.js';

/**
 * From now on, docker clients of this user trust the engine of this host by the host's own folder, and no other engine:
 * see `writeClientFolder`. The store's authority must be there. Errors: CA_BROKEN, STORE_WRITE_FAILED.
 */
export async function trustHost(
  { store, now }: Pick<OperationContext, 'store' | 'now'>,
  record: Pick<MachineRecord, 'id' | 'name'>,
  options: { readonly keepFormer: boolean },
): Promise<void> {
  const [{ readAuthority }, { writeClientFolder }] = await Promise.all([
    import('../../bootstrap/tls/certificates.js'),
    import('../../bootstrap/tls/client-folder.js'),
  ]);
  const certs = await store.folder('certs');
  const ca = await readAuthority(certs, { now: now() });
  // The next command that makes an authority does it.
  if (ca === undefined) return;
  const folder = await store.folder(ownClientFolder(store, record));
  await writeClientFolder(folder, { certs, ca, id: record.id }, options);
}
