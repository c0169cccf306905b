import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats a call while it fails in a way that passes by itself, for at most `forMs`; then its last error is thrown.
 * The time ends the repeating, never a call that is under way: its answer would be lost.
 */
export async function repeatWhile<T>(
  passes: (error: unknown) => boolean,
  pace: { readonly forMs: number; readonly everyMs: number; readonly signal: AbortSignal },
  call: () => Promise<T>,
): Promise<T> {
  const { signal } = pace;
  const began = performance.now();
  for (;;) {
    signal.throwIfAborted();
    // Taken before the call: on a busy machine, or with a slow answer, there is always another try.
    const isLast = performance.now() - began >= pace.forMs;
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!passes(error) || isLast) throw error;
    }
    await sleep(pace.everyMs, undefined, { signal });
  }
}
