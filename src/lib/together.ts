import { setTimeout as sleepFor } from 'node:timers/promises';

/** The same call for all who ask within `gatherMs`: each gets what began after it asked. */
export function together<T>(call: () => Promise<T>, gatherMs: number): () => Promise<T> {
  let next: Promise<T> | undefined;
  return () =>
    (next ??= sleepFor(gatherMs).then(() => {
      next = undefined;
      return call();
    }));
}
