import fc from 'fast-check';
import { expect, it } from 'vitest';
import { naturalOrder } from '../../src/lib/natural-order.js';

it('sorts host names as localeCompare with numeric does', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}[a-z0-9]$/).filter((text) => !/(^|\D)0\d|-/.test(text));
  fc.assert(
    fc.property(name, name, (a, b) => {
      expect(Math.sign(naturalOrder(a, b))).toBe(Math.sign(a.localeCompare(b, 'en', { numeric: true })));
    }),
  );
  expect(['agent10', 'agent2', 'agent', 'a'].sort(naturalOrder)).toEqual(['a', 'agent', 'agent2', 'agent10']);
});

it('is an order', () => {
  const name = fc.stringMatching(/^[a-c0-2-]{0,4}$/);
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(Math.sign(naturalOrder(a, b))).toBe(0 - Math.sign(naturalOrder(b, a)));
      if (naturalOrder(a, b) <= 0 && naturalOrder(b, c) <= 0) expect(naturalOrder(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
