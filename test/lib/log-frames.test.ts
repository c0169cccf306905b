import { expect, it } from 'vitest';
import fc from 'fast-check';
import { LogFrames, type LogFrame } from '../../src/lib/log-frames.js';

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};
const decode = (pieces: readonly Buffer[]): readonly LogFrame[] => {
  const seen: LogFrame[] = [];
  const frames = new LogFrames((line) => seen.push(line));
  for (const piece of pieces) frames.take(piece);
  frames.end();
  return seen;
};

it('gives the lines of both streams, wherever the bytes are cut', () => {
  const bytes = Buffer.concat([frame(1, 'one\ntw'), frame(2, 'oh\r\n'), frame(1, 'o\nthree')]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
      const ends = [...cuts, bytes.length].sort((a, b) => a - b);
      const pieces = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
      expect(decode(pieces).map(({ stream, line }) => `${stream} ${line}`)).toEqual([
        'stdout one',
        'stderr oh',
        'stdout two',
        'stdout three',
      ]);
    }),
  );
});

it('takes the bytes of a terminal as they are', () => {
  expect(decode([Buffer.from('pla'), Buffer.from('in\r\ntext\n')])).toEqual([
    { stream: 'stdout', line: 'plain' },
    { stream: 'stdout', line: 'text' },
  ]);
});
