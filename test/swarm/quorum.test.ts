import { describe, expect, it } from 'vitest';
import { faultTolerance, managerCountWarning, quorumOf } from '../../src/swarm/quorum.js';

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
});
