import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../../lib/abort.js';

/** Longer than any work that is shared. */
const patienceMs = 20 * 60_000;

/** Work that several callers wait for, each with its own signal; it is aborted when no caller waits any longer. */
interface SharedWork<T> {
  readonly join: (signal: AbortSignal) => Promise<T>;
}

function shareWork<T>(work: (signal: AbortSignal) => Promise<T>, ended: (failed: boolean) => void): SharedWork<T> {
  const abandon = new AbortController();
  const done = work(abandon.signal);
  done.then(
    () => {
      ended(false);
    },
    () => {
      ended(true);
    },
  );
  let waiting = 0;
  return {
    async join(signal) {
      waiting += 1;
      try {
        return await withDeadline({ timeoutMs: patienceMs, signal, what: 'EC2' }, () => done);
      } finally {
        waiting -= 1;
        if (waiting === 0) abandon.abort();
      }
    },
  };
}

/**
 * Gathers requests within `windowMs` into one call, so that a hundred hosts cost one call. Each caller waits with its
 * own signal; the work is aborted when no caller waits any longer.
 */
export function batchCalls<Item, Result>(
  windowMs: number,
  work: (items: readonly Item[], signal: AbortSignal) => Promise<(item: Item) => Result>,
): (item: Item, signal: AbortSignal) => Promise<Result> {
  let open: { readonly items: Set<Item>; readonly shared: SharedWork<(item: Item) => Result> } | undefined;
  const begin = (): NonNullable<typeof open> => {
    const items = new Set<Item>();
    const close = (): void => {
      if (open?.items === items) open = undefined;
    };
    const shared = shareWork(async (signal) => {
      await sleep(windowMs, undefined, { signal });
      close();
      return work([...items], signal);
    }, close);
    return { items, shared };
  };
  return async (item, signal) => {
    signal.throwIfAborted();
    open ??= begin();
    open.items.add(item);
    const read = await open.shared.join(signal);
    return read(item);
  };
}

/** Work that is done once for all who ask, and again after it failed. */
export function onceForAll<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let shared: SharedWork<T> | undefined;
  return async (signal) => {
    signal.throwIfAborted();
    shared ??= shareWork(work, (failed) => {
      if (failed) shared = undefined;
    });
    return shared.join(signal);
  };
}
