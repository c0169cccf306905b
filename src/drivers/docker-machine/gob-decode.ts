import { basicIds, gobError, type GobNamed } from './gob-types.js';

/** Reads one direction of a stream of values as it arrives; types are those that the sender describes. */
interface GobDecoder {
  /** More of the stream. */
  feed(bytes: Uint8Array): void;
  /**
   * The next value, or undefined until all of it is there. A struct is an object without the fields that have their
   * zero value, a slice an array, a map a `Map`, an interface a `GobNamed` or null, a number beyond 2^53 a bigint.
   * Errors: GOB_INVALID; the stream cannot be read any further then.
   */
  next(): { readonly value: unknown } | undefined;
}

type WireType =
  | { readonly kind: keyof typeof basicIds }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, id: number])[] }
  | { readonly kind: 'slice'; readonly element: number }
  | { readonly kind: 'map'; readonly key: number; readonly value: number };

const { int, string } = basicIds;
const wireTypeId = 16;

/** The types in which types are described. Source: encoding/gob/type.go, `bootstrapType`. */
const knownTypes: readonly (readonly [id: number, type: WireType])[] = [
  ...Object.entries(basicIds).map(([kind, id]) => [id, { kind: kind as keyof typeof basicIds }] as const),
  [
    wireTypeId,
    struct(['ArrayT', 17], ['SliceT', 19], ['StructT', 20], ['MapT', 23], ['GobT', 24], ['BinaryT', 24], ['TextT', 24]),
  ],
  [17, struct(['Common', 18], ['Elem', int], ['Len', int])],
  [18, struct(['Name', string], ['Id', int])],
  [19, struct(['Common', 18], ['Elem', int])],
  [20, struct(['Common', 18], ['Field', 22])],
  [21, struct(['Name', string], ['Id', int])],
  [22, { kind: 'slice', element: 21 }],
  [23, struct(['Common', 18], ['Key', int], ['Elem', int])],
  [24, struct(['Common', 18])],
];

function struct(...fields: readonly (readonly [string, number])[]): WireType {
  return { kind: 'struct', fields };
}

/** Go's own decoder takes messages of up to 1 GiB; answers of a plugin have some kilobytes. */
const maxMessageBytes = 64 * 1024 * 1024;
const maxDepth = 100;

export function gobDecoder(): GobDecoder {
  let buffer = Buffer.alloc(0);
  const types = new Map(knownTypes);
  return {
    feed(bytes) {
      buffer = Buffer.concat([buffer, bytes]);
    },
    next() {
      const reading = new Reading(buffer, types);
      try {
        const value = reading.topLevel();
        buffer = buffer.subarray(reading.position);
        return { value };
      } catch (error) {
        // A description that was read on the way is read again with the rest: it is the same.
        if (error === incomplete) return undefined;
        throw error;
      }
    },
  };
}

/** Thrown where the stream ends between two messages of a value. */
const incomplete = new Error('more of the stream is needed');

/**
 * One attempt to read a value. Its bytes arrive in messages; if an interface contains a type that was not described
 * yet, Go ends the message there, in the middle of the value, and continues in another one.
 */
class Reading {
  position = 0;
  /** Where the current message ends. */
  #end = 0;

  constructor(
    readonly buffer: Buffer,
    readonly types: Map<number, WireType>,
  ) {}

  topLevel(): unknown {
    return this.#single(this.#typeSequence(false), 0);
  }

  /** Descriptions of types, and the number of the type that the value after them has. */
  #typeSequence(inInterface: boolean): number {
    for (;;) {
      if (this.position === this.#end) this.#nextMessage();
      const id = this.#int();
      if (id >= 0) return id;
      this.types.set(-id, wireType(this.#value(wireTypeId, 0)));
      if (this.position === this.#end) continue;
      if (!inInterface) throw gobError('there is something after the description of a type');
      // The length of what follows: it is read to its end anyway.
      this.#uint();
    }
  }

  /** A top-level value: any value other than a struct has a zero before it. */
  #single(id: number, depth: number): unknown {
    if (this.#type(id).kind !== 'struct' && this.#uint() !== 0) throw gobError('a value does not begin with zero');
    return this.#value(id, depth);
  }

  #value(id: number, depth: number): unknown {
    if (depth > maxDepth) throw gobError('values are nested too deep');
    const type = this.#type(id);
    switch (type.kind) {
      case 'bool':
        return this.#uint() !== 0;
      case 'int':
        return this.#int();
      case 'uint':
        return this.#uint();
      case 'bytes':
        return Buffer.from(this.#bytes());
      case 'string':
        return this.#bytes().toString('utf8');
      case 'interface':
        return this.#interface(depth);
      case 'struct':
        return this.#struct(type.fields, depth);
      case 'slice':
        return this.#times(() => this.#value(type.element, depth + 1));
      case 'map':
        return new Map(
          this.#times(() => [this.#value(type.key, depth + 1), this.#value(type.value, depth + 1)] as const),
        );
    }
  }

  #struct(fields: readonly (readonly [string, number])[], depth: number): Readonly<Record<string, unknown>> {
    const values: [string, unknown][] = [];
    let last = -1;
    for (;;) {
      const delta = this.#count();
      if (delta === 0) return Object.fromEntries(values);
      last += delta;
      const field = fields[last];
      if (field === undefined) throw gobError('a struct has more fields than its type');
      values.push([field[0], this.#value(field[1], depth + 1)]);
    }
  }

  #interface(depth: number): GobNamed | null {
    const name = this.#bytes().toString('utf8');
    if (name === '') return null;
    const id = this.#typeSequence(true);
    // Its length is of use to those who want to skip it.
    this.#uint();
    return { name, value: this.#single(id, depth + 1) };
  }

  /** Each item takes a byte at least, so that a count that is too high ends where the message does. */
  #times<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let rest = this.#count(); rest > 0; rest--) items.push(read());
    return items;
  }

  #type(id: number): WireType {
    const type = this.types.get(id);
    if (type === undefined) throw gobError(`it has the type ${id}, which was not described`);
    return type;
  }

  #nextMessage(): void {
    const left = this.buffer.length - this.position;
    const first = this.buffer[this.position];
    if (first === undefined || left < uintLength(first)) throw incomplete;
    this.#end = this.position + uintLength(first);
    const length = this.#count();
    if (length > maxMessageBytes) throw gobError(`a message of ${length} bytes`);
    if (this.position + length > this.buffer.length) throw incomplete;
    this.#end = this.position + length;
  }

  #bytes(): Buffer {
    return this.#take(this.#count());
  }

  #take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#end) throw gobError('a value is longer than its message');
    const bytes = this.buffer.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  #count(): number {
    const value = this.#uint();
    if (typeof value === 'bigint') throw gobError(`a length of ${String(value)}`);
    return value;
  }

  #uint(): number | bigint {
    return narrow(this.#wide());
  }

  #int(): number {
    return narrow(toSigned(this.#wide())) as number;
  }

  #wide(): bigint {
    const [first = 0] = this.#take(1);
    if (first < 128) return BigInt(first);
    if (first < 256 - 8) throw gobError('a number of more than 64 bits');
    return BigInt(`0x${this.#take(uintLength(first) - 1).toString('hex')}`);
  }
}

/** How many bytes a number takes that begins with this one. */
const uintLength = (first: number): number => (first < 128 ? 1 : 257 - first);

const toSigned = (value: bigint): bigint => ((value & 1n) === 1n ? ~(value >> 1n) : value >> 1n);

const narrow = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

interface Described {
  readonly StructT?: { readonly Field?: readonly { readonly Name?: string; readonly Id?: number }[] };
  readonly SliceT?: { readonly Elem?: number };
  readonly MapT?: { readonly Key?: number; readonly Elem?: number };
}

function wireType(description: unknown): WireType {
  const { StructT, SliceT, MapT } = description as Described;
  if (StructT !== undefined)
    return struct(...(StructT.Field ?? []).map(({ Name = '', Id = 0 }) => [Name, Id] as const));
  if (SliceT !== undefined) return { kind: 'slice', element: SliceT.Elem ?? 0 };
  if (MapT !== undefined) return { kind: 'map', key: MapT.Key ?? 0, value: MapT.Elem ?? 0 };
  throw gobError('it has a kind of type that no plugin of docker-machine uses');
}
