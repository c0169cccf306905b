import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { takeTurns } from '../../src/drivers/turns.js';
import { driverContexts } from '../support/driver-context.js';

describe('turns', () => {
  it('let one host of a process at a time ask for the lock, and the next one after a failure', async () => {
    let asking = 0;
    let most = 0;
    const inTurn = takeTurns();
    const context = {
      ...driverContexts({}, tmpdir())(),
      exclusive: async <T>(_key: string, use: () => Promise<T>): Promise<T> => {
        most = Math.max(most, ++asking);
        await new Promise(setImmediate);
        return use().finally(() => asking--);
      },
    };
    const uses = [1, 2, 3].map((n) =>
      inTurn({ ...context }).exclusive('network', async () => (n === 1 ? Promise.reject(new Error('first')) : n)),
    );
    expect(await Promise.allSettled(uses)).toEqual([
      { status: 'rejected', reason: new Error('first') },
      { status: 'fulfilled', value: 2 },
      { status: 'fulfilled', value: 3 },
    ]);
    expect(most).toBe(1);
    await Promise.all(['image', 'network'].map((key) => inTurn(context).exclusive(key, () => Promise.resolve())));
    expect(most).toBe(2);
  });
});
