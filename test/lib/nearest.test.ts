import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest, typingDistance } from '../../src/lib/nearest.js';

describe('nearest', () => {
  const hosts = ['agent1', 'agent2', 'agent10', 'manager', 'db'];

  it.each([
    ['agnet1', ['agent1', 'agent10', 'agent2']],
    ['AGENT2', ['agent2', 'agent1', 'agent10']],
    ['man', ['manager']],
    ['mnager', ['manager']],
    ['worker', []],
    ['xy', []],
    ['', []],
  ])('%j: %j', (name, expected) => {
    expect(nearest(name, hosts)).toEqual(expected);
  });

  const word = fc.string({ unit: fc.constantFrom(...Array.from('abc1-')), maxLength: 12 });

  it('finds a name again after up to two typing mistakes', () => {
    const name = fc.string({ unit: fc.constantFrom(...Array.from('abc1-')), minLength: 4, maxLength: 12 });
    const mistake = fc.tuple(
      fc.nat(),
      fc.constantFrom('leave out', 'add', 'replace', 'swap'),
      fc.constantFrom('x', 'y'),
    );
    fc.assert(
      fc.property(name, fc.array(mistake, { maxLength: 2 }), (meant, mistakes) => {
        let typed = meant;
        for (const [where, what, letter] of mistakes) {
          const at = where % typed.length;
          const [before, here, after] = [typed.slice(0, at), typed.slice(at, at + 1), typed.slice(at + 1)];
          if (what === 'leave out') typed = before + after;
          else if (what === 'add') typed = before + letter + here + after;
          else if (what === 'replace') typed = before + letter + after;
          else typed = before + after.slice(0, 1) + here + after.slice(1);
        }
        // Two mistakes may touch: a swap and a change of the same letters counts as three.
        fc.pre(typingDistance(typed, meant) <= 2);
        expect(nearest(typed, ['quite-different', meant])).toContain(meant);
      }),
      { numRuns: 1_000 },
    );
  });

  it('proposes only what is alike, at most three, the best first', () => {
    fc.assert(
      fc.property(word, fc.array(word), (name, candidates) => {
        const found = nearest(name, candidates);
        expect(found.length).toBeLessThanOrEqual(3);
        for (const candidate of found) {
          expect(candidates).toContain(candidate);
          expect(candidate.startsWith(name) || typingDistance(name, candidate) <= 2).toBe(true);
        }
        if (name !== '' && candidates.includes(name)) expect(found[0]).toBe(name);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('typingDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('%j to %j: %d', (a, b, distance) => {
    expect(typingDistance(a, b)).toBe(distance);
    expect(typingDistance(b, a)).toBe(distance);
  });
});
