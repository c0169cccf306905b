import { describe, expect, it } from 'vitest';
import { waitFor, withDeadline } from '../../src/lib/abort.js';
import { errorJson } from '../../src/lib/error-json.js';
import { SwarmupError } from '../../src/lib/errors.js';

describe('deadlines', () => {
  it('gives the result of work that is in time', async () => {
    expect(await withDeadline({ timeoutMs: 1_000, what: 'it' }, () => Promise.resolve(7))).toBe(7);
  });

  it('ends also work that ignores its signal', async () => {
    const endless = new Promise<never>(() => undefined);
    await expect(withDeadline({ timeoutMs: 10, what: 'sshd of a1', host: 'a1' }, () => endless)).rejects.toMatchObject({
      code: 'TIMEOUT',
      host: 'a1',
      exitCode: 124,
      message: 'waited 0 s for sshd of a1',
    });
  });

  it('does not begin when the caller has already stopped', async () => {
    let began = false;
    const work = (): Promise<void> => {
      began = true;
      return Promise.resolve();
    };
    const options = { timeoutMs: 10, what: 'it', signal: AbortSignal.abort(new Error('stopped')) };
    await expect(withDeadline(options, work)).rejects.toThrow('stopped');
    expect(began).toBe(false);
  });
});

/** A process that waited as long as its deadline would be kept by it, not by its work. */
describe('a deadline that is no longer needed', () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const options = { timeoutMs: 3_600_000, what: 'it' };

  it.each([
    ['done', () => withDeadline(options, () => Promise.resolve(7))],
    ['failed', () => withDeadline(options, () => Promise.reject(new Error('no')))],
    [
      'stopped by the caller',
      () => {
        const stop = new AbortController();
        const work = withDeadline({ ...options, signal: stop.signal }, () => new Promise(() => undefined));
        stop.abort(new Error('stopped'));
        return work;
      },
    ],
    ['found', () => waitFor(options, () => Promise.resolve('yes'))],
  ])('keeps no process alive: work that was %s', async (_, work) => {
    const before = timers();
    await work().catch(() => undefined);
    expect(timers()).toBe(before);
  });
});

describe('waiting for a condition', () => {
  it('asks until there is an answer', async () => {
    let asked = 0;
    const probe = (): Promise<string | undefined> => Promise.resolve((asked += 1) === 3 ? 'yes' : undefined);
    expect(await waitFor({ timeoutMs: 2_000, what: 'it', intervalMs: 1 }, probe)).toBe('yes');
    expect(asked).toBe(3);
  });

  it('keeps the last cause for the timeout', async () => {
    const probe = (): Promise<undefined> => Promise.reject(new Error('connection refused'));
    await expect(waitFor({ timeoutMs: 30, what: 'ssh', intervalMs: 5 }, probe)).rejects.toMatchObject({
      message: 'waited 0 s for ssh; last: connection refused',
      cause: expect.objectContaining({ message: 'connection refused' }) as Error,
    });
  });

  it('ends at once on an error that no waiting cures', async () => {
    const probe = (): Promise<undefined> => Promise.reject(new SwarmupError('HOST_KEY_MISMATCH', 'wrong key'));
    const fatal = (error: unknown): boolean => error instanceof SwarmupError && !error.retryable;
    await expect(waitFor({ timeoutMs: 60_000, what: 'ssh', fatal }, probe)).rejects.toThrow('wrong key');
  });
});

describe('errors as JSON', () => {
  it('shows what a user may act on and marks everything else as a bug', () => {
    const known = new SwarmupError('LOCKED', 'held by pid 7', { exitCode: 5, hints: ['wait'], host: 'a' });
    expect(errorJson(known)).toEqual({
      code: 'LOCKED',
      message: 'held by pid 7',
      hints: ['wait'],
      exitCode: 5,
      host: 'a',
    });
    expect(errorJson(new TypeError('x is undefined'))).toMatchObject({ code: 'BUG', exitCode: 1 });
  });
});
