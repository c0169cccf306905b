import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../src/cli/render/seconds.js';
import { table } from '../../../src/cli/render/table.js';

describe('table', () => {
  it('aligns the columns and ends no line in a space', () => {
    const text = table(
      ['NAME', 'STATE'],
      [
        ['agent10', 'running'],
        ['a', ''],
      ],
    );
    expect(text).toBe('NAME      STATE\nagent10   running\na\n');
  });

  it('begins each column at the same place in every row', () => {
    const cell = fc.stringMatching(/^[a-zäö]{1,12}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const lines = table(['A', 'B'], rows).split('\n').slice(0, -1);
        const starts = new Set(lines.map((line) => /\s+(?=\S+$)/.exec(line)?.[0].length ?? 0));
        const begin = lines.map((line) => Array.from(line).length - Array.from(line.split(/\s+/)[1] ?? '').length);
        expect(new Set(begin).size).toBe(1);
        expect(Math.min(...starts)).toBe(3);
      }),
    );
  });
});

describe('seconds', () => {
  it.each([
    [0, '0.0s'],
    [4249, '4.2s'],
    [59_940, '59.9s'],
    [60_000, '1m 00s'],
    [125_400, '2m 05s'],
  ])('%d ms is %s', (ms, text) => {
    expect(seconds(ms)).toBe(text);
  });
});
