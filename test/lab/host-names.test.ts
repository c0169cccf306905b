import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseHosts, hostName, hostNumber } from '../../src/lab/host-names.js';

const pattern = fc.constantFrom('agent%d', 'manager', 'web-%02d', '%d-x'.replace('%d', 'n%d'), 'a1', 'a%d1');
const count = fc.integer({ min: 0, max: 60 });

describe('names of hosts', () => {
  it.each([
    ['agent%d', 3, 'agent3'],
    ['web-%02d', 3, 'web-03'],
    ['web-%02d', 123, 'web-123'],
    ['manager', 1, 'manager'],
    ['manager', 2, 'manager2'],
  ])('%s of host %i is %s', (text, number, name) => {
    expect(hostName(text, number)).toBe(name);
    expect(hostNumber(text, name)).toBe(number);
  });

  it('tell their number, and only the pattern’s own do', () => {
    fc.assert(
      fc.property(pattern, fc.integer({ min: 1, max: 2000 }), (text, number) => {
        expect(hostNumber(text, hostName(text, number))).toBe(number);
      }),
    );
    expect(hostNumber('agent%d', 'agent')).toBeUndefined();
    expect(hostNumber('agent%d', 'agent01')).toBeUndefined();
    expect(hostNumber('agent%d', 'worker1')).toBeUndefined();
  });

  it('never change when counts do: survivors keep theirs, new ones are new', () => {
    fc.assert(
      fc.property(pattern, pattern, count, count, (before, after, first, second) => {
        const existing = chooseHosts(before, first, []).added;
        const { kept, added, dropped } = chooseHosts(after, second, existing);
        expect([...kept, ...dropped].sort()).toEqual([...existing].sort());
        expect(kept.length + added.length).toBe(second);
        expect(kept.length).toBe(Math.min(first, second));
        expect(new Set([...kept, ...added]).size).toBe(second);
      }),
    );
  });

  it('fill gaps, and the highest numbers go first', () => {
    expect(chooseHosts('a%d', 3, ['a10', 'a2'])).toEqual({ kept: ['a2', 'a10'], added: ['a1'], dropped: [] });
    expect(chooseHosts('a%d', 1, ['a10', 'a2', 'other'])).toEqual({
      kept: ['a2'],
      added: [],
      dropped: ['a10', 'other'],
    });
  });
});
