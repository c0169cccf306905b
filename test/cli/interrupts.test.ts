import { describe, expect, it } from 'vitest';
import { watchInterrupts } from '../../src/cli/interrupts.js';
import { fakeIo } from '../support/fake-io.js';

describe('watchInterrupts', () => {
  it.each([
    ['SIGINT', 'INTERRUPTED', 130],
    ['SIGTERM', 'TERMINATED', 143],
  ] as const)('%s: the first aborts, the second exits', (name, code, exitCode) => {
    const io = fakeIo();
    const told: string[] = [];
    const { signal } = watchInterrupts(io, (message) => told.push(message));
    expect(signal.aborted).toBe(false);
    io.interrupt(name);
    expect(signal.reason).toMatchObject({ code, exitCode });
    expect(told).toEqual(['stopping at a safe point; press Ctrl-C again to quit at once']);
    expect(io.exits).toEqual([]);
    io.interrupt(name);
    expect(io.exits).toEqual([exitCode]);
    expect(told).toHaveLength(1);
  });

  it('stops listening when it is disposed of', () => {
    const io = fakeIo();
    watchInterrupts(io, () => undefined)[Symbol.dispose]();
    expect(io.interrupt('SIGINT')).toBe(false);
  });
});
