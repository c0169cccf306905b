import { open } from 'node:fs/promises';

/** The format of a disk image, read from its content, because names do not tell (Ubuntu's `.img` is qcow2). */
export interface DiskFormat {
  readonly format: 'qcow2' | 'vdi' | 'vmdk' | 'vhd' | 'vhdx' | 'raw' | 'packed' | 'unknown';
  /** Size of the disk as the guest sees it; undefined where the header was not read so far. */
  readonly diskBytes?: number;
  /** Why VirtualBox cannot read it, where qemu-img can. */
  readonly convert?: string;
  /** Why it is of no use at all. */
  readonly refuse?: string;
  /** It is a part of another file: reading it reads that one. */
  readonly refersTo?: string;
}

/** Source: qemu, docs/interop/qcow2.txt; VirtualBox, VDICore.h; VMDK and VHD specifications. */
export async function readDiskFormat(path: string): Promise<DiskFormat> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const head = Buffer.alloc(1024);
  await file.read(head, 0, head.length, 0);
  if (head.toString('latin1', 0, 4) === 'QFI\xfb') {
    const nameLength = head.readUInt32BE(16);
    const name = Buffer.alloc(Math.min(nameLength, 1023));
    await file.read(name, 0, name.length, Number(head.readBigUInt64BE(8)));
    return qcow2Format(head, name.toString());
  }
  return otherFormat(head, size);
}

function otherFormat(head: Buffer, size: number): DiskFormat {
  if (head.readUInt32LE(64) === 0xbeda107f) return { format: 'vdi', diskBytes: Number(head.readBigUInt64LE(0x170)) };
  const start = head.toString('latin1', 0, 21);
  if (start.startsWith('KDMV') || start === '# Disk DescriptorFile') return { format: 'vmdk' };
  if (start.startsWith('conectix')) return { format: 'vhd', diskBytes: Number(head.readBigUInt64BE(48)) };
  if (start.startsWith('vhdxfile')) return { format: 'vhdx', convert: 'it is a VHDX image' };
  const packing = packings.find(([magic]) => start.startsWith(magic))?.[1];
  if (packing !== undefined) return { format: 'packed', refuse: `it is compressed with ${packing}: unpack it first` };
  // The mark of a boot sector, at the end of the first 512 bytes.
  if (size >= 512 && head.readUInt16BE(510) === 0x55aa)
    return { format: 'raw', diskBytes: size, convert: 'it is a raw image' };
  return { format: 'unknown', refuse: 'it is not a disk image: it is neither qcow2, VDI, VMDK, VHD, VHDX nor raw' };
}

const packings: readonly (readonly [magic: string, packing: string])[] = [
  ['\x1f\x8b', 'gzip'],
  ['\xfd7zXZ', 'xz'],
  ['BZh', 'bzip2'],
  ['PK\x03\x04', 'zip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
];

/** VirtualBox reads versions 2 and 3 without incompatible features: fixture `30-clonemedium-qcow2-zstd`. */
function qcow2Format(head: Buffer, backing: string): DiskFormat {
  const version = head.readUInt32BE(4);
  const known = { format: 'qcow2', diskBytes: Number(head.readBigUInt64BE(24)) } as const;
  if (version !== 2 && version !== 3) return { ...known, refuse: `it is qcow2 of version ${String(version)}` };
  if (known.diskBytes === 0) return { ...known, refuse: 'its disk has no size' };
  if (head.readUInt32BE(32) !== 0) return { ...known, refuse: 'it is encrypted' };
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n;
  if ((features & 0b10n) !== 0n) return { ...known, refuse: 'it is marked as corrupt' };
  if ((features & 0b100n) !== 0n) return { ...known, refuse: 'its data is in another file' };
  if (backing !== '') return { ...known, convert: `it is based on another image (${backing})`, refersTo: backing };
  if ((features & 0b1000n) !== 0n) return { ...known, convert: 'it is compressed with zstd' };
  if (features !== 0n) return { ...known, convert: 'it uses features of a newer qcow2 version' };
  return known;
}
