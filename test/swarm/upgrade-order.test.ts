import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upgradeBatches } from '../../src/swarm/upgrade-order.js';

const node = (name: string) => ({ name, isManager: name.startsWith('m'), isLeader: name === 'm1' });
const nodes = ['m1', 'm2', 'm3', 'w1', 'w2', 'w3', 'w4'].map(node);
const names = (options: Parameters<typeof upgradeBatches>[1], of = nodes) =>
  upgradeBatches(of, options).map((batch) => batch.map(({ name }) => name).join(' '));

describe('upgradeBatches', () => {
  it('begins with one worker, goes on with several, and ends with the managers, the leader last', () => {
    expect(names({ maxUnavailable: 2 })).toEqual(['w1', 'w2 w3', 'w4', 'm2', 'm3', 'm1']);
    expect(names({ maxUnavailable: 9 }, ['m1'].map(node))).toEqual(['m1']);
  });

  it('has every node once, managers never together', () => {
    const any = fc.uniqueArray(fc.record({ name: fc.string(), isManager: fc.boolean(), isLeader: fc.boolean() }), {
      selector: ({ name }) => name,
    });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 5 }), (some, maxUnavailable) => {
        const batches = upgradeBatches(some, { maxUnavailable });
        expect(
          batches
            .flat()
            .map(({ name }) => name)
            .sort(),
        ).toEqual(some.map(({ name }) => name).sort());
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(maxUnavailable);
          if (batch.some(({ isManager }) => isManager)) expect(batch).toHaveLength(1);
        }
      }),
    );
  });
});
