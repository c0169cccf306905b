import { expect, it } from 'vitest';
import { together } from '../../src/lib/together.js';

it('who asks within a moment shares a call that begins later; who asks while it runs gets the next', async () => {
  let calls = 0;
  const ask = together(async () => (calls += 1), 5);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(2);
});

it('a failed call fails for all who asked, and the next is another', async () => {
  let calls = 0;
  const ask = together(async () => {
    calls += 1;
    if (calls === 1) throw new Error('no');
    return calls;
  }, 5);
  expect((await Promise.allSettled([ask(), ask()])).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe(2);
});
