import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapRootFs } from '../../../src/drivers/docker/bootstrap-root-fs.js';
import { driverContexts } from '../driver-context.js';

/** As Debian's generic cloud image has them, without what is for other clouds. */
const basePackages = [
  ...[
    'systemd-sysv',
    'dbus',
    'udev',
    'libpam-systemd',
    'systemd-resolved',
    'libnss-resolve',
    'netbase',
    'iproute2',
    'iptables',
  ],
  ...[
    'linux-image-cloud-amd64',
    'initramfs-tools',
    'grub-pc-bin',
    'grub-common',
    'e2fsprogs',
    'fdisk',
    'kmod',
    'procps',
  ],
  ...['cloud-init', 'cloud-guest-utils', 'openssh-server', 'sudo', 'ca-certificates', 'curl', 'iputils-ping'],
];

/** Two minutes are usual; machines that do other things as well take their time. */
const buildTimeoutMs = 30 * 60_000;

const sizeMiB = 2048;
const sectorsBefore = 2048;
const sector = 512;

interface CloudImageOptions {
  /** More Debian packages, as in `docker.io`. */
  readonly packages?: readonly string[];
}

/**
 * Path of a qcow2 image of Debian that boots by BIOS from its own boot loader, finds a NoCloud seed, grows its partition,
 * and lets nobody in without it: like the official ones, made of packages. Needs root; two to three minutes once per
 * content, then it lies in the user's cache folder.
 */
export async function ensureCloudImage({ packages = [] }: CloudImageOptions = {}): Promise<string> {
  const include = [...basePackages, ...packages];
  const setup = await readFile(join(import.meta.dirname, 'cloud-image-setup.sh'), 'utf8');
  const hash = createHash('sha256').update(include.join()).update(setup).digest('hex').slice(0, 12);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'swarmup-test');
  const image = join(cache, `debian-${hash}.qcow2`);
  if (await isThere(image)) return image;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(process.env['TMPDIR'] ?? tmpdir(), 'cloud-image-'));
  try {
    await build(folder, include, setup);
    await rename(join(folder, 'disk.qcow2'), image).catch(() =>
      execa('cp', ['--sparse=always', join(folder, 'disk.qcow2'), image]),
    );
    return image;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  open(path).then(
    async (file) => {
      await file.close();
      return true;
    },
    () => false,
  );

async function build(folder: string, include: readonly string[], setup: string): Promise<void> {
  const archive = await bootstrapRootFs(driverContexts({}, folder)(), folder, {
    packages: include.join(),
    timeoutMs: buildTimeoutMs,
  });
  const root = join(folder, 'root');
  await mkdir(root);
  await execa('tar', ['-xpf', archive, '-C', root, '--numeric-owner']);
  // systemd-resolved put its own there, which answers in the guest only; the set-up leaves that again.
  await rm(join(root, 'etc/resolv.conf'), { force: true });
  await copyFile('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  // In a mount namespace of its own: nothing stays mounted, whatever happens.
  const inRoot = 'mount -t proc proc "$0/proc" && exec chroot "$0" sh -s';
  await execa('unshare', ['--mount', 'sh', '-c', inRoot, root], { input: setup });
  const raw = join(folder, 'disk.raw');
  await execa('truncate', ['-s', `${String(sizeMiB)}M`, raw]);
  const partitionKiB = sizeMiB * 1024 - (sectorsBefore * sector) / 1024;
  const offset = `offset=${String(sectorsBefore * sector)}`;
  await execa('mke2fs', [
    '-q',
    '-t',
    'ext4',
    '-L',
    'cloudroot',
    '-d',
    root,
    '-E',
    offset,
    raw,
    `${String(partitionKiB)}k`,
  ]);
  await writeBootSectors(raw, root);
  await execa('qemu-img', ['convert', '-O', 'qcow2', raw, join(folder, 'disk.qcow2')]);
}

/**
 * The boot sector with one partition, and GRUB's core image in the gap behind it, where the boot sector looks for it
 * unless told otherwise: what grub-install does, without a device.
 */
async function writeBootSectors(raw: string, root: string): Promise<void> {
  const boot = await readFile(join(root, 'usr/lib/grub/i386-pc/boot.img'));
  const core = await readFile(join(root, 'boot/grub/core.img'));
  if (core.length > (sectorsBefore - 1) * sector) throw new Error('the core image is larger than the gap');
  const partition = Buffer.alloc(16);
  partition.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff]);
  partition.writeUInt32LE(sectorsBefore, 8);
  partition.writeUInt32LE((sizeMiB * 1024 * 1024) / sector - sectorsBefore, 12);
  const file = await open(raw, 'r+');
  try {
    await file.write(boot, 0, 440, 0);
    await file.write(Buffer.concat([partition, Buffer.alloc(48), Buffer.from([0x55, 0xaa])]), 0, 66, 446);
    await file.write(core, 0, core.length, sector);
  } finally {
    await file.close();
  }
}
