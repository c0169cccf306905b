import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/lib/crc32c.js';
import { newestFirst, readRaftLog } from '../../src/swarm/raft-log.js';

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
const number = (id: number, value: number): number[] => [...varint(id * 8), ...varint(value)];
const bytes = (id: number, value: readonly number[]): number[] => [
  ...varint(id * 8 + 2),
  ...varint(value.length),
  ...value,
];

interface Entry {
  readonly term: number;
  readonly index: number;
  readonly size: number;
}

/** Writes records as etcd does: a length of 8 bytes with the padding in its top byte, a rolling checksum, zeros after. */
class Log {
  readonly #out: number[] = [];
  #crc = 0;

  constructor() {
    this.#write(4, []);
    this.#write(1, bytes(1, [1, 2, 3]));
  }

  entry({ term, index, size }: Entry): this {
    return this.#write(2, [
      ...number(1, 0),
      ...number(2, term),
      ...number(3, index),
      ...bytes(4, Array<number>(size).fill(7)),
    ]);
  }

  state(term: number, commit: number): this {
    return this.#write(3, [...number(1, term), ...number(2, 99), ...number(3, commit)]);
  }

  snapshot(term: number, index: number): this {
    return this.#write(5, [...number(1, index), ...number(2, term)]);
  }

  bytes(zeros = 512): Uint8Array {
    return Uint8Array.from([...this.#out, ...Array<number>(zeros).fill(0)]);
  }

  #write(type: number, data: readonly number[]): this {
    if (type !== 4) this.#crc = crc32c(Uint8Array.from(data), this.#crc);
    const record = [...number(1, type), ...number(2, this.#crc), ...bytes(3, data)];
    const padding = (8 - (record.length % 8)) % 8;
    const length = Buffer.alloc(8);
    length.writeUInt32LE(record.length);
    if (padding > 0) length[7] = 0x80 | padding;
    this.#out.push(...length, ...record, ...Array<number>(padding).fill(0));
    return this;
  }
}

const read = (data: Uint8Array, cut = false) => readRaftLog([{ bytes: data, cut }]);

describe('readRaftLog', () => {
  it('tells term, index and commit of the last records', () => {
    const log = new Log().entry({ term: 2, index: 10, size: 5 }).state(2, 9).entry({ term: 3, index: 11, size: 300 });
    expect(read(log.bytes())).toEqual({ term: 3, index: 11, commit: 9, records: 5, whole: true });
  });

  it('goes on from a snapshot, and over two segments', () => {
    const first = new Log().snapshot(4, 1000).state(4, 1000);
    const second = new Log().entry({ term: 4, index: 1001, size: 1 });
    const both = readRaftLog([
      { bytes: first.bytes(), cut: false },
      { bytes: second.bytes(), cut: true },
    ]);
    expect(both).toMatchObject({ term: 4, index: 1001, commit: 1000 });
  });

  it('finds its way into a log whose beginning is missing', () => {
    const entries = fc.array(fc.record({ term: fc.nat(300), index: fc.nat(1e9), size: fc.nat(200) }), {
      minLength: 4,
      maxLength: 20,
    });
    fc.assert(
      fc.property(entries, fc.nat(100), (list, part) => {
        const log = new Log();
        for (const entry of list) log.entry(entry);
        const whole = log.bytes();
        const last = list.at(-1);
        // At least the last record stays: they are at most 240 bytes long.
        const start = Math.floor(((whole.length - 512 - 260) * part) / 100 / 8) * 8;
        const found = read(whole.subarray(Math.max(0, start)), true);
        expect(found).toMatchObject({ term: last?.term, index: last?.index, whole: true });
      }),
    );
  });

  it('notices every changed byte of a record, or reads the same', () => {
    const log = new Log().entry({ term: 2, index: 10, size: 40 }).state(2, 10).entry({ term: 2, index: 11, size: 9 });
    const good = read(log.bytes());
    fc.assert(
      fc.property(fc.nat(log.bytes(0).length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const data = log.bytes();
        data[at] = (data[at] ?? 0) ^ change;
        const found = read(data);
        if (found.whole && found.records === good.records) expect(found).toEqual(good);
      }),
    );
  });

  it('stops at a torn record', () => {
    const log = new Log().entry({ term: 2, index: 10, size: 40 }).entry({ term: 2, index: 11, size: 400 });
    expect(read(log.bytes(0).subarray(0, -100))).toMatchObject({ index: 10, whole: false });
  });
});

describe('newestFirst', () => {
  it('goes by what is agreed upon, then by the rule of raft', () => {
    const list = [
      { term: 9, index: 50, commit: 40 },
      { term: 3, index: 60, commit: 41 },
      { term: 4, index: 55, commit: 41 },
      { term: 4, index: 56, commit: 41 },
    ];
    expect([...list].sort(newestFirst).map(({ index }) => index)).toEqual([56, 55, 60, 50]);
  });
});
