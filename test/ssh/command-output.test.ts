import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandOutput } from '../../src/ssh/command-output.js';

/** Feeds `bytes` in pieces that end anywhere. */
function feed(bytes: Buffer, cuts: readonly number[], keepBytes?: number): { text: string; lines: string[] } {
  const lines: string[] = [];
  const output = commandOutput((line) => lines.push(line), keepBytes);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    output.add(bytes.subarray(start, end));
    start = end;
  }
  output.end();
  return { text: output.text(), lines };
}

describe('commandOutput', () => {
  it('gives the same text and lines however the bytes were cut', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat()), (given, cuts) => {
        const text = given.map((one) => `${one}\n`).join('');
        expect(feed(Buffer.from(text), cuts)).toEqual({ text, lines: given });
      }),
    );
  });

  it('delivers a last line without an end, and lines that end as Windows ends them', () => {
    expect(feed(Buffer.from('a\r\n\nlast'), []).lines).toEqual(['a', '', 'last']);
  });

  it('keeps the end, whole characters only, and says how much was cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 20 }), fc.array(fc.nat()), (text, cuts) => {
        const bytes = Buffer.from(text);
        const [, cut = '0', kept = ''] =
          /^(?:\[the first (\d+) bytes were cut\]\n)?([^]*)$/.exec(feed(bytes, cuts, 16).text) ?? [];
        expect(text.endsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept) + Number(cut)).toBe(bytes.length);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(16);
        expect(Buffer.byteLength(kept)).toBeGreaterThan(12);
      }),
    );
  });

  it('delivers a line without an end in pieces', () => {
    const { lines } = feed(Buffer.alloc(200_000, 'x'), []);
    expect(lines.join('')).toHaveLength(200_000);
    expect(Math.max(...lines.map(({ length }) => length))).toBe(65_536);
  });
});
