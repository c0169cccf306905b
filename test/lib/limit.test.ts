import { describe, expect, it } from 'vitest';
import { limit } from '../../src/lib/limit.js';

/** Until everything that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

describe('limit', () => {
  it('runs so many at a time, the others in order', async () => {
    const inTurn = limit(2);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const done = [0, 1, 2, 3].map((id) =>
      inTurn(never, () => {
        started.push(id);
        return new Promise<void>((resolve) => (finish[id] = resolve));
      }),
    );
    await settled();
    expect(started).toEqual([0, 1]);
    finish[1]?.();
    await settled();
    expect(started).toEqual([0, 1, 2]);
    finish[0]?.();
    finish[2]?.();
    await settled();
    expect(started).toEqual([0, 1, 2, 3]);
    finish[3]?.();
    await Promise.all(done);
  });

  it('gives the turn back when the work fails', async () => {
    const inTurn = limit(1);
    await expect(inTurn(never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await inTurn(never, () => Promise.resolve('next'))).toBe('next');
  });

  it('lets a waiter leave, and the next one has its turn', async () => {
    const inTurn = limit(1);
    let finish: () => void = () => undefined;
    const first = inTurn(never, () => new Promise<void>((resolve) => (finish = resolve)));
    const abort = new AbortController();
    let ran = false;
    const leaving = inTurn(abort.signal, () => {
      ran = true;
      return Promise.resolve();
    });
    const last = inTurn(never, () => Promise.resolve('last'));
    abort.abort(new Error('tired'));
    await expect(leaving).rejects.toThrow('tired');
    finish();
    await first;
    expect(await last).toBe('last');
    expect(ran).toBe(false);
    await expect(inTurn(abort.signal, () => Promise.resolve())).rejects.toThrow('tired');
  });
});
