import type { MachineRecord } from '../../machine/machine-record.js';
import type { Store } from '../../machine/store.js';

/** The hosts that carry the mark of a lab. */
export async function labRecords(
  { store }: { readonly store: Pick<Store, 'list'> },
  lab: string,
): Promise<readonly MachineRecord[]> {
  const { machines } = await store.list();
  return machines.filter((record) => record.lab?.name === lab);
}
