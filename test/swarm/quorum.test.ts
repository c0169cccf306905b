import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultTolerance, managerCountWarning, quorumOf, survivesRemoval } from '../../src/swarm/quorum.js';

describe('quorum', () => {
  it.each([
    [1, 1, 0],
    [2, 2, 0],
    [3, 2, 1],
    [4, 3, 1],
    [5, 3, 2],
    [7, 4, 3],
  ])('%i managers need %i and survive the loss of %i', (managers, quorum, lost) => {
    expect([quorumOf(managers), faultTolerance(managers)]).toEqual([quorum, lost]);
  });

  it('warns of even numbers and says what they buy', () => {
    expect(managerCountWarning(2)).toBe(
      '2 managers need a quorum of 2 and survive the loss of 0, no more than 1 would: use 1 or 3',
    );
    expect([1, 3, 5, 7].map(managerCountWarning)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('never lets the last manager go, nor any while the quorum is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.nat(9), (total, down, removed) => {
        const reachable = Math.max(0, total - down);
        const ok = survivesRemoval({ total, reachable }, removed);
        if (removed >= total || reachable < quorumOf(total) || reachable <= removed) expect(ok).toBe(false);
        else expect(ok).toBe(true);
      }),
    );
  });

  it('allows 2 → 1 and 3 → 1 with all reachable, refuses 3 → 2 with two lost', () => {
    expect(survivesRemoval({ total: 2, reachable: 2 }, 1)).toBe(true);
    expect(survivesRemoval({ total: 3, reachable: 3 }, 2)).toBe(true);
    expect(survivesRemoval({ total: 3, reachable: 1 }, 1)).toBe(false);
  });
});
