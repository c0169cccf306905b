import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gobDecoder } from '../../../src/drivers/docker-machine/gob-decode.js';
import { gobEncoder } from '../../../src/drivers/docker-machine/gob-encode.js';
import { gob, type GobInterface, type GobType } from '../../../src/drivers/docker-machine/gob-types.js';

/** A type with a value of it, and what the receiver must make of that. */
interface Sample {
  readonly type: GobType;
  readonly value: unknown;
  readonly received: unknown;
}

const maxInt = 2n ** 63n - 1n;
const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
const basic = <T>(type: GobType, values: fc.Arbitrary<T>): fc.Arbitrary<Sample> =>
  values.map((value) => ({ type, value, received: typeof value === 'bigint' ? narrow(value) : value }));

const basics = fc.oneof(
  basic(gob.bool, fc.boolean()),
  basic(gob.int, fc.bigInt({ min: -maxInt - 1n, max: maxInt })),
  basic(gob.uint, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  basic(gob.string, fc.string({ unit: 'binary' })),
  basic(
    gob.bytes,
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
);

const isZero = (value: unknown): boolean =>
  value === 0 ||
  value === false ||
  value === '' ||
  value === null ||
  ((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0) ||
  (value instanceof Map && value.size === 0);

const { sample } = fc.letrec<{ sample: Sample; composed: Sample; interface: Sample }>((tie) => ({
  sample: fc.oneof({ maxDepth: 3, withCrossShrink: true }, basics, tie('composed')),
  composed: fc.oneof(
    tie('interface'),
    fc.array(tie('sample'), { maxLength: 4 }).map((parts): Sample => {
      const named = parts.map((part, index) => [`Field${index}`, part] as const);
      return {
        type: { kind: 'struct', name: 'Thing', fields: named.map(([name, part]) => [name, part.type]) },
        value: Object.fromEntries(named.map(([name, part]) => [name, part.value])),
        received: Object.fromEntries(
          named.filter(([, part]) => !isZero(part.received)).map(([name, part]) => [name, part.received]),
        ),
      };
    }),
    fc.tuple(tie('sample'), fc.integer({ min: 0, max: 3 })).map(([element, count]): Sample => ({
      type: { kind: 'slice', name: '[]thing', element: element.type },
      value: Array.from({ length: count }, () => element.value),
      received: Array.from({ length: count }, () => element.received),
    })),
    fc.tuple(tie('sample'), fc.uniqueArray(fc.string(), { maxLength: 3 })).map(([item, keys]): Sample => ({
      type: { kind: 'map', name: 'map[string]thing', key: gob.string, value: item.type },
      value: new Map(keys.map((key) => [key, item.value])),
      received: new Map(keys.map((key) => [key, item.received])),
    })),
  ),
  interface: fc.option(fc.tuple(fc.string({ minLength: 1 }), tie('sample'))).map((named): Sample => {
    if (named === null) return { type: gob.interface, value: null, received: null };
    const [name, inner] = named;
    const value: GobInterface = { name, type: inner.type, value: inner.value };
    return { type: gob.interface, value, received: { name, value: inner.received } };
  }),
}));

/** The bytes in pieces of these sizes, again and again. */
function pieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

describe('gob', () => {
  it('gives back any values, however the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 4 }), sizes, (samples, cuts) => {
        const encoder = gobEncoder();
        const stream = Buffer.concat(samples.map(({ type, value }) => encoder.encode(type, value)));
        const decoder = gobDecoder();
        const received: unknown[] = [];
        for (const piece of pieces(stream, cuts)) {
          decoder.feed(piece);
          for (let next = decoder.next(); next !== undefined; next = decoder.next()) received.push(next.value);
        }
        expect(received).toEqual(samples.map((one) => one.received));
      }),
    );
  });

  it('describes a type once', () => {
    fc.assert(
      fc.property(sample, ({ type, value }) => {
        const encoder = gobEncoder();
        const [first, second] = [encoder.encode(type, value), encoder.encode(type, value)];
        expect(first.subarray(-second.length)).toEqual(second);
      }),
    );
  });

  it('waits for the rest of a value that is cut off', () => {
    fc.assert(
      fc.property(sample, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), ({ type, value }, part) => {
        const stream = gobEncoder().encode(type, value);
        const decoder = gobDecoder();
        decoder.feed(stream.subarray(0, Math.floor(stream.length * part)));
        expect(decoder.next()).toBeUndefined();
      }),
    );
  });

  it('never fails in another way than by saying that the bytes make no sense', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      // A good stream with some bytes changed gets further into the decoder.
      fc
        .tuple(sample, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }))
        .map(([{ type, value }, changes]) => {
          const stream = gobEncoder().encode(type, value);
          for (const [at, byte] of changes) stream.writeUInt8(byte, at % stream.length);
          return stream;
        }),
    );
    fc.assert(
      fc.property(anything, (bytes) => {
        const decoder = gobDecoder();
        decoder.feed(bytes);
        try {
          decoder.next();
        } catch (error) {
          expect(error).toMatchObject({ code: 'GOB_INVALID' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [gob.bool, 1],
    [gob.int, 1.5],
    [gob.uint, -1],
    [gob.int, 2n ** 64n],
    [gob.string, 7],
    [gob.bytes, 'text'],
    [{ kind: 'slice', name: '[]string', element: gob.string }, ['a', 1]],
  ] as const)('refuses to send as $kind what is none', (type, value) => {
    expect(() => gobEncoder().encode(type, value)).toThrow(TypeError);
  });
});
