import { describe, expect, it } from 'vitest';
import { countDifferences, heldCount, isServiceChanged } from '../../src/lab/counts.js';
import type { LabChange } from '../../src/lab/lab-plan.js';

describe('the count of a service', () => {
  it.each([
    ['nobody has it yet', { replicas: 3, min: 2, max: 5 }, undefined, 3],
    ['the lower bound', { replicas: 3, min: 2, max: 5 }, 2, 2],
    ['the upper bound', { replicas: 3, min: 2, max: 5 }, 5, 5],
    ['below the lower bound', { replicas: 3, min: 2, max: 5 }, 1, 3],
    ['above the upper bound', { replicas: 3, min: 2, max: 5 }, 6, 3],
    ['the only bound, a lower one', { replicas: 3, min: 2 }, 2, 2],
    ['far above the only bound, a lower one', { replicas: 3, min: 2 }, 1000, 1000],
    ['the only bound, an upper one', { replicas: 3, max: 5 }, 5, 5],
    ['none at all, below an upper bound', { replicas: 3, max: 5 }, 0, 0],
    ['no bounds', { replicas: 3 }, 4, 3],
    ['nothing declared', { min: 2, max: 5 }, 4, undefined],
    ['no such service in the manifest', undefined, 4, undefined],
  ])('%s', (_, service, has, count) => {
    expect(heldCount(service, has)).toBe(count);
  });
});

describe('what is declared for a service', () => {
  it('is told as a whole when it is new, else by what is different', () => {
    const service = { replicas: 3, min: 2, 'max-per-node': 1 };
    expect(countDifferences(undefined, service)).toEqual(['replicas 3', 'min 2', 'max-per-node 1']);
    expect(countDifferences({ replicas: 3, min: 2, maxPerNode: 1 }, service)).toEqual([]);
    expect(countDifferences({ replicas: 5, min: 2, max: 6, maxPerNode: 1 }, service)).toEqual([
      'replicas 5 -> 3',
      'max 6 -> none',
    ]);
  });

  it('keeps how it is rebalanced, unless the manifest says', () => {
    const held = { replicas: 3, rebalance: 'never' };
    expect(countDifferences(held, { replicas: 3 })).toEqual([]);
    expect(countDifferences(held, { replicas: 3, rebalance: 'auto' })).toEqual(['rebalance never -> auto']);
  });

  it('is declared again when the service changes, by itself or in its stack', () => {
    const service: LabChange = { what: 'service', name: 'web', action: 'update', details: [] };
    const stack: LabChange = { what: 'stack', name: 'shop', action: 'update', details: ['service shop_api updated'] };
    expect(['web', 'shop_api', 'shop_ap', 'shop'].map((name) => isServiceChanged(name, [service, stack]))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
