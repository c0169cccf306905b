import type { MachineRecord } from '../../machine/machine-record.js';
import type { OperationContext } from '../access/context.js';

/** The hosts that carry the mark of a lab. */
export async function labRecords(
  { store }: Pick<OperationContext, 'store'>,
  lab: string,
): Promise<readonly MachineRecord[]> {
  const { machines } = await store.list();
  return machines.filter((record) => record.lab?.name === lab);
}
