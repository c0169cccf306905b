import { codeOf, messageOf } from '../../../lib/errors.js';
import type { VBoxManage } from '../tool/vboxmanage.js';
import type { StartJob } from './start-vm.js';

/** The image that a disk is made from. */
export interface BaseImage {
  readonly path: string;
  /** `sha512:…` */
  readonly digest: string;
  /** Size of the disk in it, where that is known. */
  readonly diskBytes: number | undefined;
}

type DiskJob = Pick<StartJob, 'tool' | 'context' | 'options'>;

/** virtio-scsi: the kernel of Debian's smallest cloud image has neither AHCI nor e1000. */
export const controller = (ports: string): readonly string[] => [
  ...['--name', 'disk', '--add', 'virtio', '--controller', 'VirtIO', '--portcount', ports],
  ...['--hostiocache', 'on', '--bootable', 'on'],
];

/** Makes a disk from the image, of the size that is asked for. */
export async function copyDisk(job: DiskJob, image: BaseImage, file: string): Promise<void> {
  const { tool, context } = job;
  context.log('copying the disk');
  const target = tool.toTool(file);
  await tool.run(['clonemedium', 'disk', tool.toTool(image.path), target, '--format', 'VDI'], { kind: 'clone' });
  await resizeDisk(job, image, target);
}

/** Grows only: VirtualBox cannot shrink, and an image that is larger than asked for stays as it is. `disk`: as the tool names it. */
export async function resizeDisk({ tool, options }: DiskJob, image: BaseImage, disk: string): Promise<void> {
  const megabyte = 1024 * 1024;
  if (image.diskBytes !== undefined && image.diskBytes >= options.diskMB * megabyte) return;
  try {
    await tool.run(['modifymedium', 'disk', disk, '--resize', String(options.diskMB)], { kind: 'clone' });
  } catch (error) {
    if (codeOf(error) !== 'VBOX_FAILED' || !isShrinking(error)) throw error;
  }
}

const isShrinking = (error: unknown): boolean =>
  error instanceof Error && messageOf(error.cause).includes('VBOX_E_NOT_SUPPORTED');

/**
 * Takes a medium that no machine has any more out of VirtualBox's list of media, where the source of a copy stays, and
 * a seed of a machine that is gone. Fails silently: it may be in use, or not in the list. The caller holds the lock of
 * what machines share.
 */
export async function forgetMedium(tool: VBoxManage, kind: 'disk' | 'dvd', file: string): Promise<void> {
  await tool.run(['closemedium', kind, tool.toTool(file)]).catch((error: unknown) => {
    if (!codeOf(error)?.startsWith('V')) throw error;
  });
}
