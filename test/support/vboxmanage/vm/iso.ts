import { closeSync, openSync, readSync } from 'node:fs';

const sector = 2048;

/** Files in the root of an ISO 9660 image, by name; long names by Joliet or Rock Ridge. */
interface IsoImage {
  /** Of the volume, as in `cidata`. */
  readonly label: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Reads an image: ECMA-119 (volume descriptors from sector 16, directory records), Joliet (a supplementary descriptor
 * with names in UCS-2), Rock Ridge (entry NM of a record). Throws for what is no ISO 9660.
 */
export function readIso(file: string): IsoImage {
  const handle = openSync(file, 'r');
  try {
    const read = (at: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(handle, buffer, 0, length, at * sector));
    };
    const descriptors = volumeDescriptors(read);
    const primary = descriptors.find((one) => one[0] === 1);
    if (primary === undefined) throw new Error(`${file} is no ISO 9660 image`);
    const joliet = descriptors.find((one) => one[0] === 2 && /^%\/[@CE]/.test(one.toString('latin1', 88, 91)));
    const volume = joliet ?? primary;
    const root = volume.subarray(156, 190);
    const records = directory(read(root.readUInt32LE(2), root.readUInt32LE(10)));
    const files = records.map(
      (record) =>
        [nameOf(record, joliet !== undefined), read(record.readUInt32LE(2), record.readUInt32LE(10))] as const,
    );
    return { label: primary.toString('latin1', 40, 72).trim(), files: new Map(files) };
  } finally {
    closeSync(handle);
  }
}

function volumeDescriptors(read: (at: number, length: number) => Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 16; at < 64; at += 1) {
    const one = read(at, sector);
    if (one.toString('latin1', 1, 6) !== 'CD001' || one[0] === 255) break;
    found.push(one);
  }
  return found;
}

/** Records of files; none crosses a sector, what is left of one is zero. */
function directory(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at] ?? 0;
    if (length === 0) {
      at = (Math.floor(at / sector) + 1) * sector;
      continue;
    }
    const record = bytes.subarray(at, at + length);
    const isFolder = ((record[25] ?? 0) & 2) !== 0;
    if (!isFolder) records.push(record);
    at += length;
  }
  return records;
}

function nameOf(record: Buffer, joliet: boolean): string {
  const length = record[32] ?? 0;
  const raw = record.subarray(33, 33 + length);
  if (joliet) return Buffer.from(raw).swap16().toString('utf16le').replace(/;\d+$/, '');
  return (
    rockRidgeName(record.subarray(33 + length + (length % 2 === 0 ? 1 : 0))) ??
    raw
      .toString('latin1')
      .replace(/\.?;\d+$/, '')
      .toLowerCase()
  );
}

function rockRidgeName(systemUse: Buffer): string | undefined {
  for (let at = 0; at + 4 <= systemUse.length;) {
    const length = systemUse[at + 2] ?? 0;
    if (length < 4) return undefined;
    if (systemUse.toString('latin1', at, at + 2) === 'NM') return systemUse.toString('utf8', at + 5, at + length);
    at += length;
  }
  return undefined;
}
