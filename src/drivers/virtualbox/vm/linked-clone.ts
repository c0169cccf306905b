import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../../lib/errors.js';
import { diskFile, ownerKey } from '../state.js';
import { parseBlocks, parseSnapshots } from '../tool/parse.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import { type BaseImage, controller, copyDisk, forgetMedium } from './disks.js';
import { osType, type Platform } from './hardware.js';
import { type RemoveJob, removeVm } from './remove-vm.js';
import type { StartJob } from './start-vm.js';

/** The machine whose disk, as its snapshot has it, linked clones share. It never runs. */
export interface Master {
  readonly vm: string;
  readonly folder: string;
  readonly snapshot: string;
}

const snapshot = 'base';

/** One for an image in a folder of machines: the disks that hang together are on one file system. */
const masterOf = (image: Pick<BaseImage, 'digest'>, hostFolder: string): Master =>
  masterIn(join(dirname(hostFolder), `${folderPrefix}${image.digest.replace(/^sha\d+:/, '').slice(0, 16)}`));

const folderPrefix = 'master-';

/** Whether this is a master beside the folder of a host: only such a one is removed with its last clone. */
export const isMaster = ({ vm, folder }: Pick<Master, 'vm' | 'folder'>, hostFolder: string): boolean =>
  dirname(folder) === dirname(hostFolder) && basename(folder).startsWith(folderPrefix) && vm === masterIn(folder).vm;

function masterIn(folder: string): Master {
  const hex = createHash('sha256').update(folder).digest('hex');
  const vm = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)];
  return { vm: vm.join('-'), folder, snapshot };
}

/**
 * The master of an image, made if it does not exist. A multi-attach disk would need no machine, but VirtualBox does not
 * accept one from the global list of media (fixture `60-modifymedium-multiattach`). The caller holds the lock of shared
 * objects.
 */
export async function ensureMaster(
  job: StartJob,
  image: BaseImage,
  platform: Platform,
  hostFolder: string,
): Promise<Master> {
  const { tool, context } = job;
  const master = masterOf(image, hostFolder);
  if (await isComplete(tool, master)) return master;
  await removeVm(job, master, { shared: true });
  context.log('making the master disk that linked clones share');
  const { vm, folder } = master;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = `swarmup-master-${image.digest.replace(/^sha\d+:/, '').slice(0, 8)}`;
  await tool.run([
    'createvm',
    '--name',
    name,
    '--uuid',
    vm,
    ...osType(platform),
    '--basefolder',
    tool.toTool(folder),
    '--register',
  ]);
  try {
    await copyDisk(job, image, diskFile(master));
  } finally {
    await forgetMedium(tool, 'disk', image.path);
  }
  await tool.run(['storagectl', vm, ...controller('2')]);
  const medium = ['--type', 'hdd', '--medium', tool.toTool(diskFile(master))];
  await tool.run(['storageattach', vm, '--storagectl', 'disk', '--port', '0', '--device', '0', ...medium]);
  await tool.run(['setextradata', vm, ownerKey, name]);
  await tool.run(['snapshot', vm, 'take', snapshot], { kind: 'slow' });
  return master;
}

async function isComplete(tool: VBoxManage, { vm }: Master): Promise<boolean> {
  try {
    const { stdout } = await tool.run(['snapshot', vm, 'list', '--machinereadable']);
    return parseSnapshots(stdout).some(({ name }) => name === snapshot);
  } catch (error) {
    // "does not have any snapshots" ends with 1 as well.
    if (codeOf(error) === 'VM_UNKNOWN' || codeOf(error) === 'VBOX_FAILED') return false;
    throw error;
  }
}

/** The master of a machine whose first disk is `disk`, as the tool names it. undefined: its disk is its own. */
export async function findMaster(tool: VBoxManage, disk: string): Promise<Omit<Master, 'snapshot'> | undefined> {
  const media = parseBlocks(await tool.list('hdds'), 'UUID');
  let base = media.find((medium) => medium.get('Location') === disk);
  for (let parent = base; parent !== undefined;) {
    base = parent;
    parent = media.find((medium) => medium.get('UUID') === base?.get('Parent UUID'));
  }
  const folder = dirname(tool.fromTool(base?.get('Location') ?? ''));
  if (!basename(folder).startsWith(folderPrefix)) return undefined;
  return { vm: masterIn(folder).vm, folder };
}

/**
 * Removes the master after its last clone. While there are clones, `unregistervm` would fail but still remove the
 * master from the list (fixture `71-unregister-master-with-children`). The caller holds the lock of shared objects.
 */
export async function removeUnusedMaster(job: RemoveJob, { vm, folder }: Pick<Master, 'vm' | 'folder'>): Promise<void> {
  const stdout = await job.tool.list('hdds');
  const media = parseBlocks(stdout, 'UUID');
  const disk = media.find((medium) => medium.get('Location') === job.tool.toTool(diskFile({ folder })));
  const children = media.filter((medium) => medium.get('Parent UUID') === disk?.get('UUID'));
  // Its own snapshot made one of them.
  if (disk === undefined || children.length <= 1) await removeVm(job, { vm, folder }, { shared: true });
}
