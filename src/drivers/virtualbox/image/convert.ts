import { rename, rm } from 'node:fs/promises';
import { codeOf, SwarmupError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';
import { swarmup } from '../../../lib/typed-command.js';
import type { DriverContext } from '../../driver.js';
import type { DiskFormat } from './disk-format.js';

interface Conversion {
  readonly from: string;
  readonly to: string;
  readonly format: DiskFormat['format'];
  /** Why it has to be: for the message when qemu-img is not there. */
  readonly reason: string;
  readonly source: string;
}

/**
 * Makes a qcow2 image that VirtualBox can read. Errors: IMAGE_UNSUPPORTED (exit 3) if qemu-img is not installed, or
 * fails.
 */
export async function convertDisk(
  context: Pick<DriverContext, 'run' | 'log' | 'signal'>,
  { from, to, format, reason, source }: Conversion,
): Promise<void> {
  context.log(`converting the image: ${reason}`);
  const unfinished = `${to}.new`;
  try {
    const args = ['convert', '-f', format === 'vhd' ? 'vpc' : format, '-O', 'qcow2', from, unfinished];
    const { exitCode, stderr } = await context.run('qemu-img', args, {
      timeoutMs: 30 * 60_000,
      signal: context.signal,
    });
    if (exitCode !== 0)
      throw unsupported(source, `${reason}, and qemu-img says: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    await rename(unfinished, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw unsupported(
      source,
      `${reason}, which VirtualBox does not read, and qemu-img, which could convert it, is not installed`,
    );
  } finally {
    await rm(unfinished, { force: true });
  }
}

function unsupported(source: string, why: string): SwarmupError {
  return new SwarmupError('IMAGE_UNSUPPORTED', `${source} cannot be used: ${why}`, {
    exitCode: exitCodes.preflight,
    hints: [
      'install qemu-img (Debian, Ubuntu: qemu-utils; macOS: brew install qemu), or convert it elsewhere:',
      `qemu-img convert -O qcow2 IMAGE NEW-IMAGE, then ${swarmup`image import NEW-IMAGE --name NAME`}`,
    ],
  });
}
