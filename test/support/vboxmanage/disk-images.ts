import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * Disk images. What this double calls a VDI is a qcow2 inside, since QEMU can neither resize a VDI nor put an overlay on
 * one. Its UUID lies in a header extension, which QEMU keeps: a copied file has the UUID of its original, as a real VDI.
 */
interface ImageHead {
  readonly format: 'VDI' | 'VMDK' | 'VHD' | 'QCOW';
  /** The name that qemu-img has for what is inside. */
  readonly driver: 'qcow2' | 'vdi' | 'vmdk' | 'vpc';
  readonly uuid?: string;
}

/** Why an image cannot be used: the tool's own words. */
export class UnusableImage extends Error {}

const extensionType = 0x56426f78;
const sector = 512;

/** What a file is, by its content. Undefined: no format of disks, for example a raw disk. */
export function readHead(file: string): ImageHead | undefined {
  const handle = openSync(file, 'r');
  try {
    const head = read(handle, 0, 64 * 1024);
    if (head.toString('latin1', 0, 4) === 'QFI\xfb') return qcow2Head(head, file, fstatSync(handle).size);
    if (head.length > 0x198 && head.readUInt32LE(64) === 0xbeda107f) return vdiHead(head);
    if (head.toString('latin1', 0, 4) === 'KDMV' || head.toString('latin1').startsWith('# Disk DescriptorFile')) {
      return { format: 'VMDK', driver: 'vmdk' };
    }
    const { size } = fstatSync(handle);
    const foot = read(handle, Math.max(0, size - sector), sector);
    return foot.toString('latin1', 0, 8) === 'conectix' ? { format: 'VHD', driver: 'vpc' } : undefined;
  } finally {
    closeSync(handle);
  }
}

function read(handle: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(handle, buffer, 0, length, position));
}

function qcow2Head(head: Buffer, file: string, size: number): ImageHead {
  const incompatible = head.readUInt32BE(4) < 3 ? 0n : head.readBigUInt64BE(72);
  const uuid = findUuid(head);
  if (uuid !== undefined) return { format: 'VDI', driver: 'qcow2', uuid };
  if (incompatible !== 0n) {
    throw new UnusableImage(
      `QCow: Image '${file}' contains unsupported incompatible features (${String(incompatible)} vs 0) (VERR_NOT_SUPPORTED).\n` +
        `VD: error VERR_NOT_SUPPORTED opening image file '${file}' (VERR_NOT_SUPPORTED)`,
    );
  }
  // The first table is read in whole clusters.
  const cluster = 2 ** head.readUInt32BE(20);
  const table = Math.ceil((head.readUInt32BE(36) * 8) / cluster) * cluster;
  if (Number(head.readBigUInt64BE(40)) + table > size) {
    throw new UnusableImage(
      `QCow: Reading the L1 table for image '${file}' failed (VERR_EOF).\n` +
        `VD: error VERR_EOF opening image file '${file}' (VERR_EOF)`,
    );
  }
  return { format: 'QCOW', driver: 'qcow2' };
}

/** Position of the UUID's extension, or of the end mark of the extensions. */
function walkExtensions(head: Buffer): { readonly end: number; readonly ours: number | undefined } {
  let at = head.readUInt32BE(4) < 3 ? 72 : head.readUInt32BE(100);
  while (at + 8 <= head.length) {
    const type = head.readUInt32BE(at);
    if (type === extensionType) return { end: at, ours: at + 8 };
    if (type === 0) break;
    at += 8 + Math.ceil(head.readUInt32BE(at + 4) / 8) * 8;
  }
  return { end: at, ours: undefined };
}

function findUuid(head: Buffer): string | undefined {
  const { ours } = walkExtensions(head);
  return ours === undefined ? undefined : formatUuid(head.toString('hex', ours, ours + 16));
}

/** Little-endian in its first three parts, as in all of VirtualBox's files. */
function vdiHead(head: Buffer): ImageHead {
  const part = (from: number, to: number): string => Buffer.from(head.subarray(from, to)).reverse().toString('hex');
  const at = 0x188;
  const hex = part(at, at + 4) + part(at + 4, at + 6) + part(at + 6, at + 8) + head.toString('hex', at + 8, at + 16);
  return { format: 'VDI', driver: 'vdi', uuid: formatUuid(hex) };
}

const formatUuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Gives an own VDI its UUID. */
export function writeUuid(file: string, uuid: string): void {
  const handle = openSync(file, 'r+');
  try {
    const head = read(handle, 0, 64 * 1024);
    const { end, ours } = walkExtensions(head);
    const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    if (ours !== undefined) {
      writeSync(handle, bytes, 0, 16, ours);
      return;
    }
    const extension = Buffer.alloc(32);
    extension.writeUInt32BE(extensionType, 0);
    extension.writeUInt32BE(16, 4);
    bytes.copy(extension, 8);
    // The name of the backing file, if any, lies behind the extensions: it moves.
    const nameAt = Number(head.readBigUInt64BE(8));
    const name = nameAt === 0 ? Buffer.alloc(0) : head.subarray(nameAt, nameAt + head.readUInt32BE(16));
    writeSync(handle, Buffer.concat([extension, name]), 0, extension.length + name.length, end);
    if (nameAt !== 0) {
      const position = Buffer.alloc(8);
      position.writeBigUInt64BE(BigInt(end + extension.length));
      writeSync(handle, position, 0, 8, 8);
    }
  } finally {
    closeSync(handle);
  }
}

const qemuImg = (...args: readonly string[]): string =>
  execFileSync('qemu-img', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });

export function virtualSize(file: string, driver: string): number {
  const info = JSON.parse(qemuImg('info', '-U', '--output=json', '-f', driver, file)) as { 'virtual-size': number };
  return info['virtual-size'];
}

/** Formats that can be written, by the tool's name; an own VDI is a qcow2. */
const writtenAs: Readonly<Record<string, string>> = { VDI: 'qcow2', VMDK: 'vmdk', VHD: 'vpc', RAW: 'raw' };

export function createImage(file: string, format: string, bytes: number): void {
  qemuImg('create', '-q', '-f', writtenAs[format] ?? 'qcow2', file, String(bytes));
}

/** Copies the whole content, also that of backing files. */
export function convertImage(
  from: { readonly file: string; readonly driver: string },
  to: string,
  format: string,
): void {
  qemuImg('convert', '-q', '-U', '-f', from.driver, '-O', writtenAs[format] ?? 'qcow2', from.file, to);
}

export function createOverlay(file: string, parent: string): void {
  qemuImg('create', '-q', '-f', 'qcow2', '-b', parent, '-F', 'qcow2', file);
}

export function resizeImage(file: string, bytes: number): void {
  qemuImg('resize', '-q', '-f', 'qcow2', file, String(bytes));
}

/** Writes what an overlay has into its parent. */
export function commitOverlay(file: string): void {
  qemuImg('commit', '-q', '-f', 'qcow2', file);
}

/** The parent of an overlay is at another place, or a copy of it is, with the same content. */
export function rebaseOverlay(file: string, parent: string): void {
  qemuImg('rebase', '-q', '-u', '-f', 'qcow2', '-b', parent, '-F', 'qcow2', file);
}
