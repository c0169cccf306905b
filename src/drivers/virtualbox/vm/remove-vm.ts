import { readdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { SwarmupError } from '../../../lib/errors.js';
import type { DriverContext } from '../../driver.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { forgetMedium } from './disks.js';
import { withShared } from './machine-lock.js';
import { cutPower, findSettled, isOff } from './settle.js';

export interface RemoveJob {
  readonly tool: VBoxManage;
  readonly context: DriverContext;
}

/** A machine, and the folder that contains only the files made for it. */
interface Removable {
  readonly vm: string;
  readonly folder: string;
}

/**
 * Removes a machine in any state, with its disks, its seed, its folder and its entries in VirtualBox's list of media.
 * It is not an error if nothing exists. The caller holds the machine's lock; `shared`: also the lock of shared objects.
 * The folder is removed last, and only when VirtualBox itself no longer has the machine. Errors: VM_LOCKED; those of
 * `failureOf`; VM_LEFT; FOLDER_LEFT.
 */
export async function removeVm(
  { tool, context }: RemoveJob,
  { vm, folder }: Removable,
  { shared = false } = {},
): Promise<void> {
  const found = await findSettled({ tool, context }, vm);
  if (found !== undefined) {
    if (found !== 'inaccessible' && !isOff(found)) await cutPower({ tool, context }, vm);
    await unregister(tool, vm);
  }
  const media = (await filesOf(folder)).filter((file) => ['.vdi', '.iso'].includes(extname(file)));
  const forget = async (): Promise<void> => {
    for (const file of media) await forgetMedium(tool, file.endsWith('.iso') ? 'dvd' : 'disk', join(folder, file));
  };
  if (media.length > 0) await (shared ? forget() : withShared(context, forget));
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    throw new SwarmupError('FOLDER_LEFT', `the virtual machine was removed, but its folder ${folder} still exists`, {
      cause: error,
    });
  }
}

const filesOf = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true }).catch(() => [])).map(String);

/**
 * `--delete`, as `--delete-all` fails on machines with a snapshot and a DVD (fixture `v01`). It may fail and have taken
 * the machine out of the registry nevertheless, so what VirtualBox says of it afterwards is what counts. After a power cut the machine is locked for
 * some moments.
 */
async function unregister(tool: VBoxManage, vm: string): Promise<void> {
  const patient = { kind: 'slow', alsoTransient: /while it is locked/ } as const;
  try {
    await tool.run(['unregistervm', vm, '--delete'], patient);
  } catch (error) {
    const left = await tool.find(vm);
    if (left === undefined) return;
    if (left !== 'inaccessible') throw error;
    await tool.run(['unregistervm', vm], patient);
  }
  if ((await tool.find(vm)) !== undefined)
    throw new SwarmupError('VM_LEFT', `VirtualBox still knows the virtual machine ${vm} after its removal`, {
      retryable: true,
      hints: [`see what VirtualBox knows: VBoxManage showvminfo ${vm}`],
    });
}
