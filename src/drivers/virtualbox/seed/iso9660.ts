/**
 * Writer of small ISO 9660 images with Rock Ridge names: one folder of files, enough for a cloud-init seed.
 * Sources: ECMA-119; Rock Ridge (IEEE P1282: PX, NM); SUSP (IEEE P1281: SP, CE, ER).
 */

const sectorBytes = 2048;
/** Where things are, in sectors: ECMA-119 leaves the first 16 to the system. */
const place = { volume: 16, end: 17, pathTableL: 18, pathTableM: 19, root: 20, extension: 21, files: 22 } as const;
const mode = { folder: 0o040555, file: 0o100444 } as const;

interface IsoFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** The image of a volume with these files. Same input, same bytes. Errors: RangeError when there are too many files. */
export function buildIso(volumeId: string, files: readonly IsoFile[], date: Date): Buffer {
  const placed: PlacedFile[] = [];
  let next: number = place.files;
  for (const { name, data } of files) {
    placed.push({ name, data, sector: next, id: `F${String(placed.length).padStart(7, '0')}.;1` });
    next += Math.max(1, Math.ceil(data.length / sectorBytes));
  }
  const root = rootFolder(placed, date);
  const image = Buffer.alloc(next * sectorBytes);
  const put = (sector: number, data: Uint8Array): void => {
    image.set(data, sector * sectorBytes);
  };
  put(place.volume, volumeDescriptor(volumeId, next, date));
  put(place.end, Buffer.from('\xffCD001\x01', 'latin1'));
  put(place.pathTableL, pathTable('little'));
  put(place.pathTableM, pathTable('big'));
  put(place.root, root);
  put(place.extension, extensionReference);
  for (const { sector, data } of placed) put(sector, data);
  return image;
}

interface PlacedFile extends IsoFile {
  readonly sector: number;
  /** The name that ISO 9660 itself allows; the real one stands in Rock Ridge's field. */
  readonly id: string;
}

function rootFolder(files: readonly PlacedFile[], date: Date): Buffer {
  const own = Buffer.concat([suspMark, attributes(mode.folder, 2), continuation]);
  const root = Buffer.concat([
    folderRecord({ id: '\0', sector: place.root, bytes: sectorBytes, folder: true, date, fields: own }),
    folderRecord({
      id: '\x01',
      sector: place.root,
      bytes: sectorBytes,
      folder: true,
      date,
      fields: attributes(mode.folder, 2),
    }),
    ...files.map(({ id, sector, data, name }) => {
      const fields = Buffer.concat([attributes(mode.file, 1), alternateName(name)]);
      return folderRecord({ id, sector, bytes: data.length, folder: false, date, fields });
    }),
  ]);
  if (root.length > sectorBytes) throw new RangeError(`${String(files.length)} files do not fit into one folder`);
  return root;
}

interface FolderRecord {
  readonly id: string;
  readonly sector: number;
  readonly bytes: number;
  readonly folder: boolean;
  readonly date: Date;
  readonly fields: Buffer;
}

/** ECMA-119 9.1. Its length and where its fields begin are even. */
function folderRecord({ id, sector, bytes, folder, date, fields }: FolderRecord): Buffer {
  const padding = Buffer.alloc(id.length % 2 === 0 ? 1 : 0);
  const body = Buffer.concat([
    Buffer.from([0]),
    both32(sector),
    both32(bytes),
    shortDate(date),
    Buffer.from([folder ? 2 : 0, 0, 0]),
    both16(1),
    Buffer.from([id.length]),
    Buffer.from(id, 'latin1'),
    padding,
    fields,
  ]);
  const length = body.length + 1 + ((body.length + 1) % 2);
  return Buffer.concat([Buffer.from([length]), body], length);
}

/** ECMA-119 8.4. */
function volumeDescriptor(volumeId: string, sectors: number, date: Date): Buffer {
  const start = Buffer.concat([
    Buffer.from('\x01CD001\x01\0', 'latin1'),
    text('LINUX', 32),
    text(volumeId, 32),
    Buffer.alloc(8),
    both32(sectors),
    Buffer.alloc(32),
    both16(1),
    both16(1),
    both16(sectorBytes),
    both32(10),
  ]);
  const descriptor = Buffer.alloc(sectorBytes);
  descriptor.set(start);
  descriptor.writeUInt32LE(place.pathTableL, 140);
  descriptor.writeUInt32BE(place.pathTableM, 148);
  const root = { id: '\0', sector: place.root, bytes: sectorBytes, folder: true, date, fields: Buffer.alloc(0) };
  descriptor.set(folderRecord(root), 156);
  descriptor.set(text('', 813 - 190), 190);
  // Made, changed, expires never, in force since.
  for (const [offset, stamp] of [
    [813, longDate(date)],
    [830, longDate(date)],
    [847, Buffer.from(`${'0'.repeat(16)}\0`)],
    [864, longDate(date)],
  ] as const)
    descriptor.set(stamp, offset);
  descriptor[881] = 1;
  return descriptor;
}

/** ECMA-119 9.4, with the root folder alone. */
function pathTable(order: 'little' | 'big'): Buffer {
  const table = Buffer.alloc(10);
  table[0] = 1;
  if (order === 'little') table.writeUInt32LE(place.root, 2);
  else table.writeUInt32BE(place.root, 2);
  if (order === 'little') table.writeUInt16LE(1, 6);
  else table.writeUInt16BE(1, 6);
  return table;
}

/** SUSP: SP says that such fields are used; CE points to the sector of the ER field, which is too long for the record. */
const suspMark = Buffer.from([0x53, 0x50, 7, 1, 0xbe, 0xef, 0]);

const extensionReference = ((): Buffer => {
  const id = 'RRIP_1991A';
  const description = 'THE ROCK RIDGE INTERCHANGE PROTOCOL PROVIDES SUPPORT FOR POSIX FILE SYSTEM SEMANTICS';
  const source =
    'PLEASE CONTACT DISC PUBLISHER FOR SPECIFICATION SOURCE.  SEE PUBLISHER IDENTIFIER IN PRIMARY VOLUME DESCRIPTOR FOR CONTACT INFORMATION.';
  const length = 8 + id.length + description.length + source.length;
  return Buffer.concat([
    Buffer.from('ER'),
    Buffer.from([length, 1, id.length, description.length, source.length, 1]),
    Buffer.from(id + description + source),
  ]);
})();

const continuation = Buffer.concat([
  Buffer.from('CE'),
  Buffer.from([28, 1]),
  both32(place.extension),
  both32(0),
  both32(extensionReference.length),
]);

/** Rock Ridge PX: mode, links, owner and group (root). */
function attributes(permissions: number, links: number): Buffer {
  const numbers = [permissions, links, 0, 0].map(both32);
  return Buffer.concat([Buffer.from('PX'), Buffer.from([36, 1]), ...numbers]);
}

/** Rock Ridge NM. */
function alternateName(name: string): Buffer {
  return Buffer.concat([Buffer.from('NM'), Buffer.from([5 + name.length, 1, 0]), Buffer.from(name, 'latin1')]);
}

const text = (value: string, length: number): Buffer => Buffer.from(value.padEnd(length).slice(0, length), 'latin1');

/** Numbers stand in both orders of bytes. */
function both16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}

function both32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

const shortDate = (date: Date): Buffer =>
  Buffer.from([
    date.getUTCFullYear() - 1900,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
  ]);

/** `2026112718301200` and the distance to UTC. */
const longDate = (date: Date): Buffer =>
  Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 16).padEnd(16, '0')}\0`);
