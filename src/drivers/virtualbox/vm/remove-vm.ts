import { readdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { codeOf, SwarmupError } from '../../../lib/errors.js';
import type { DriverContext } from '../../driver.js';
import { parseVmList } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { forgetMedium } from './disks.js';
import { withShared } from './machine-lock.js';

export interface RemoveJob {
  readonly tool: VBoxManage;
  readonly context: DriverContext;
}

/** A machine, and the folder that has nothing in it but what was made for it. */
interface Removable {
  readonly vm: string;
  readonly folder: string;
}

/**
 * Removes a machine in whatever state it is, its disks, its seed, its folder and what VirtualBox's list of media has
 * of them. Fine when there is nothing. The caller holds the machine's lock; `shared`: also that of what machines share.
 * Errors: VM_LOCKED; those of `failureOf`; FOLDER_LEFT.
 */
export async function removeVm(
  { tool, context }: RemoveJob,
  { vm, folder }: Removable,
  { shared = false } = {},
): Promise<void> {
  if (await isListed(tool, vm)) {
    await powerOff(tool, vm);
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
    throw new SwarmupError('FOLDER_LEFT', `the virtual machine is gone, but not its folder ${folder}`, {
      cause: error,
    });
  }
}

const filesOf = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true }).catch(() => [])).map(String);

const isListed = async (tool: VBoxManage, vm: string): Promise<boolean> => parseVmList(await tool.list('vms')).has(vm);

/** A machine whose settings cannot be read does not run, or can be left to `unregister`. */
async function powerOff(tool: VBoxManage, vm: string): Promise<void> {
  const off = ['poweroff', 'aborted', 'saved', 'aborted-saved', 'teleported'];
  try {
    if (!off.includes((await tool.show(vm)).state)) await tool.run(['controlvm', vm, 'poweroff'], { kind: 'slow' });
  } catch (error) {
    if (!['VM_NOT_RUNNING', 'VM_INACCESSIBLE', 'VM_UNKNOWN'].includes(codeOf(error) ?? '')) throw error;
  }
}

/**
 * `--delete`, as `--delete-all` fails on machines with a snapshot and a DVD (fixture `v01`). It may fail and have taken
 * the machine out of the list nevertheless, so the list is what counts. After a power cut the machine is locked for
 * some moments.
 */
async function unregister(tool: VBoxManage, vm: string): Promise<void> {
  const patient = { kind: 'slow', alsoTransient: /while it is locked/ } as const;
  try {
    await tool.run(['unregistervm', vm, '--delete'], patient);
  } catch (error) {
    if (!(await isListed(tool, vm))) return;
    if (codeOf(error) !== 'VM_INACCESSIBLE') throw error;
    await tool.run(['unregistervm', vm], patient);
  }
}
