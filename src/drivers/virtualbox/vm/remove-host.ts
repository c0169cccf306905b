import { sep } from 'node:path';
import type { DriverContext } from '../../driver.js';
import { SwarmupError } from '../../../lib/errors.js';
import { hostFolder, isHostFolder, ownerKey, type VirtualBoxState } from '../state.js';
import { parseExtraData } from '../tool/parse.js';
import { machineFolder } from './create-vm.js';
import { isMaster, removeUnusedMaster } from './linked-clone.js';
import { withMachine, withShared } from './machine-lock.js';
import { removeVm } from './remove-vm.js';
import { findSettled } from './settle.js';
import type { StartJob } from './start-vm.js';

/**
 * Removes a host's machine with all that was made for it, found by the host's id; and its master after its last clone.
 * A record decides by its id alone what is removed: a folder or master in it that is not of this host stays, and so does
 * a machine of this id that swarmup did not make. Errors: those of `removeVm`; VM_NOT_OURS.
 */
export async function removeHost(
  job: Omit<StartJob, 'context'> & { readonly context: DriverContext },
  host: { readonly id: string },
  state: Pick<VirtualBoxState, 'folder' | 'master'> | undefined,
): Promise<void> {
  const { tool, context, options } = job;
  const isOwn = state !== undefined && isHostFolder(state.folder, host.id);
  const folder = isOwn ? state.folder : hostFolder(await machineFolder(tool, options.folder), host.id);
  if (state !== undefined && !isOwn) context.log('the folder in the record is not of this host, so it stays');
  await withMachine(context, host.id, async () => {
    await requireOwn(job, host.id, folder);
    await removeVm(job, { vm: host.id, folder });
  });
  const master = state?.master;
  if (master !== undefined && isMaster(master, folder))
    await withShared(context, () => removeUnusedMaster(job, master));
}

/** swarmup marks a machine after it has made it, in a folder of its own. */
async function requireOwn(
  job: Pick<StartJob, 'tool'> & { readonly context: DriverContext },
  vm: string,
  folder: string,
): Promise<void> {
  const { tool } = job;
  const info = await findSettled(job, vm);
  const settings = typeof info === 'object' ? info.values.get('CfgFile') : undefined;
  if (settings === undefined || tool.fromTool(settings).startsWith(folder + sep)) return;
  if (parseExtraData((await tool.run(['getextradata', vm, 'enumerate'])).stdout).has(ownerKey)) return;
  throw new SwarmupError('VM_NOT_OURS', `swarmup did not make the virtual machine ${vm}, so it is not removed`, {
    hints: [`see what VirtualBox knows: VBoxManage showvminfo ${vm}`],
  });
}
