import { basicIds, firstOwnId, type GobInterface, type GobStruct, type GobType } from './gob-types.js';

/** One direction of a stream of values. Each type is described once, before its first value. */
interface GobEncoder {
  /**
   * The bytes of one value: the descriptions of its new types, then the value. A struct is an object, a slice an
   * array, a map a `Map`, an interface a `GobInterface` or null. Throws TypeError when the value is not of the type.
   */
  encode(type: GobType, value: unknown): Buffer;
}

export function gobEncoder(): GobEncoder {
  const ids = new Map<GobType, number>();

  /** The number of a type; the descriptions of a new type and its parts are added to `messages`. */
  const idOf = (type: GobType, messages: Buffer[]): number => {
    if (isBasic(type)) return basicIds[type.kind];
    const known = ids.get(type);
    if (known !== undefined) return known;
    const id = firstOwnId + ids.size;
    ids.set(type, id);
    messages.push(message(definition(type, id, (part) => idOf(part, messages))));
    return id;
  };

  return {
    encode(type, value) {
      const messages: Buffer[] = [];
      const bytes = writer();
      bytes.int(idOf(type, messages));
      // A value that is not a struct looks like the only field of one.
      if (type.kind !== 'struct') bytes.uint(0);
      write(bytes, type, value, (part) => idOf(part, messages));
      return Buffer.concat([...messages, message(bytes)]);
    },
  };
}

const isBasic = (type: GobType): type is GobType & { readonly kind: keyof typeof basicIds } => type.kind in basicIds;

type IdOf = (type: GobType) => number;

/** A `wireType` of encoding/gob: a struct of which one field is set. */
function definition(type: Exclude<GobType, { readonly kind: keyof typeof basicIds }>, id: number, idOf: IdOf): Writer {
  const bytes = writer().int(-id);
  switch (type.kind) {
    case 'slice':
      return common(bytes.uint(2), type.name, id).uint(1).int(idOf(type.element)).uint(0).uint(0);
    case 'map':
      return common(bytes.uint(4), type.name, id)
        .uint(1)
        .int(idOf(type.key))
        .uint(1)
        .int(idOf(type.value))
        .uint(0)
        .uint(0);
    case 'struct':
      return fields(common(bytes.uint(3), type.name, id), type, idOf)
        .uint(0)
        .uint(0);
  }
}

/** `CommonType{Name, Id}` as the first field. */
function common(bytes: Writer, name: string, id: number): Writer {
  bytes.uint(1);
  if (name === '') return bytes.uint(2).int(id).uint(0);
  return bytes.uint(1).text(name).uint(1).int(id).uint(0);
}

function fields(bytes: Writer, type: GobStruct, idOf: IdOf): Writer {
  if (type.fields.length === 0) return bytes;
  bytes.uint(1).uint(type.fields.length);
  for (const [name, part] of type.fields) bytes.uint(1).text(name).uint(1).int(idOf(part)).uint(0);
  return bytes;
}

function write(bytes: Writer, type: GobType, value: unknown, idOf: IdOf): void {
  switch (type.kind) {
    case 'bool':
      bytes.uint(checked(value, typeof value === 'boolean', 'a boolean') === true ? 1 : 0);
      return;
    case 'int':
      bytes.int(wholeNumber(value));
      return;
    case 'uint':
      bytes.uint(wholeNumber(value));
      return;
    case 'bytes':
      bytes.bytes(checked(value, value instanceof Uint8Array, 'bytes') as Uint8Array);
      return;
    case 'string':
      bytes.text(checked(value, typeof value === 'string', 'a text') as string);
      return;
    case 'interface':
      writeInterface(bytes, value as GobInterface | null, idOf);
      return;
    case 'struct':
      writeStruct(bytes, type, value as Readonly<Record<string, unknown>>, idOf);
      return;
    case 'slice': {
      const items = checked(value, Array.isArray(value), 'an array') as readonly unknown[];
      bytes.uint(items.length);
      for (const item of items) write(bytes, type.element, item, idOf);
      return;
    }
    case 'map': {
      const entries = checked(value, value instanceof Map, 'a Map') as ReadonlyMap<unknown, unknown>;
      bytes.uint(entries.size);
      for (const [key, item] of entries) {
        write(bytes, type.key, key, idOf);
        write(bytes, type.value, item, idOf);
      }
    }
  }
}

/** Fields that have their zero value are not sent; each one that is says how far it is from the one before. */
function writeStruct(bytes: Writer, type: GobStruct, value: Readonly<Record<string, unknown>>, idOf: IdOf): void {
  let last = -1;
  type.fields.forEach(([name, part], index) => {
    const field = value[name];
    if (isZero(field)) return;
    bytes.uint(index - last);
    write(bytes, part, field, idOf);
    last = index;
  });
  bytes.uint(0);
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return value === undefined || value === null || value === false || value === 0 || value === 0n || value === '';
}

/** Name, type, length, value. */
function writeInterface(bytes: Writer, value: GobInterface | null, idOf: IdOf): void {
  if (value === null) {
    bytes.uint(0);
    return;
  }
  const inner = writer();
  if (value.type.kind !== 'struct') inner.uint(0);
  write(inner, value.type, value.value, idOf);
  bytes.text(value.name).int(idOf(value.type)).bytes(inner.data());
}

function checked(value: unknown, fits: boolean, expected: string): unknown {
  if (!fits) throw new TypeError(`gob: ${JSON.stringify(value)} is not ${expected}`);
  return value;
}

function wholeNumber(value: unknown): bigint {
  const fits = typeof value === 'bigint' || Number.isSafeInteger(value);
  return BigInt(checked(value, fits, 'a whole number') as number | bigint);
}

function message(bytes: Writer): Buffer {
  return writer().bytes(bytes.data()).data();
}

interface Writer {
  uint(value: number | bigint): Writer;
  int(value: number | bigint): Writer;
  /** With their length. */
  bytes(value: Uint8Array): Writer;
  text(value: string): Writer;
  data(): Buffer;
}

function writer(): Writer {
  const parts: Uint8Array[] = [];
  const self: Writer = {
    uint(value) {
      parts.push(uintBytes(BigInt(value)));
      return self;
    },
    int(value) {
      const whole = BigInt(value);
      // The lowest bit says whether the others are to be inverted.
      return self.uint(whole < 0n ? (~whole << 1n) | 1n : whole << 1n);
    },
    bytes(value) {
      self.uint(value.length);
      parts.push(value);
      return self;
    },
    text: (value) => self.bytes(Buffer.from(value, 'utf8')),
    data: () => Buffer.concat(parts),
  };
  return self;
}

/** Below 128 one byte, else the inverted number of bytes and the bytes, highest first. */
function uintBytes(value: bigint): Buffer {
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new TypeError(`gob: ${String(value)} does not fit 64 bits`);
  if (value < 128n) return Buffer.from([Number(value)]);
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([256 - bytes.length]), bytes]);
}
