import type { DriverContext } from '../../driver.js';
import { hostFolder, type VirtualBoxState } from '../state.js';
import { machineFolder } from './create-vm.js';
import { removeUnusedMaster } from './linked-clone.js';
import { withMachine, withShared } from './machine-lock.js';
import { removeVm } from './remove-vm.js';
import type { StartJob } from './start-vm.js';

/** Removes a host's machine with all that was made for it, found by the host's id; and its master after its last clone. */
export async function removeHost(
  job: Omit<StartJob, 'context'> & { readonly context: DriverContext },
  host: { readonly id: string },
  state: Pick<VirtualBoxState, 'folder' | 'master'> | undefined,
): Promise<void> {
  const { tool, context, options } = job;
  const folder = state?.folder ?? hostFolder(await machineFolder(tool, options.folder), host.id);
  await withMachine(context, host.id, () => removeVm(job, { vm: host.id, folder }));
  const master = state?.master;
  if (master !== undefined) await withShared(context, () => removeUnusedMaster(job, master));
}
