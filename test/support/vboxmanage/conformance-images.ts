import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Disk images as they were there when the calls were recorded: the same formats and sizes, nothing inside. */
export async function makeImages(folder: string): Promise<void> {
  const img = (...args: string[]): Promise<unknown> => run('qemu-img', args, { cwd: folder });
  await run(
    'bash',
    [
      '-c',
      'truncate -s 256M text.raw && printf x | dd of=text.raw conv=notrunc && cp --sparse=always text.raw text.img',
    ],
    { cwd: folder },
  );
  await img('convert', '-O', 'qcow2', 'text.raw', 'textplain.qcow2');
  await img('convert', '-O', 'qcow2', '-c', 'text.raw', 'compressed.qcow2');
  await img('convert', '-O', 'qcow2', '-c', '-o', 'compression_type=zstd', 'text.raw', 'zstd.qcow2');
  await img('create', '-q', '-f', 'qcow2', 'empty.qcow2', '256M');
  await img('convert', '-O', 'qcow2', 'text.raw', 'ubuntu-like.img');
  await img('convert', '-O', 'vdi', 'text.raw', 'qemu.vdi');
  await img('convert', '-O', 'vpc', '-o', 'force_size=on', 'text.raw', 'qemu.vhd');
  await img('convert', '-O', 'vmdk', '-o', 'subformat=streamOptimized', 'text.raw', 'stream.vmdk');
  await run('bash', ['-c', 'truncate -s 6G debian.raw && printf x | dd of=debian.raw conv=notrunc'], { cwd: folder });
  await img('convert', '-O', 'qcow2', 'debian.raw', 'debian.qcow2');
  await img('convert', '-O', 'qcow2', 'text.raw', 'base-ma.src');
  await img('convert', '-O', 'vdi', 'text.raw', 'base-ma.vdi');
  await mkdir(join(folder, '..', 'machines', 'm1'), { recursive: true });
  await writeFile(join(folder, '..', 'machines', 'm1', 'seed.iso'), Buffer.alloc(2048));
}
