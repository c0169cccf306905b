/**
 * Runs at most `count` pieces of work at a time; the others wait in order.
 * A waiter whose signal fires leaves the queue and rejects with the signal's reason; its work never begins.
 */
export function limit(count: number): <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T> {
  let free = count;
  const queue: (() => void)[] = [];

  const acquire = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(turn), 1);
        reject(signal.reason as Error);
      };
      queue.push(turn);
      signal.addEventListener('abort', leave, { once: true });
    });
  };

  const release = (): void => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return async (signal, work) => {
    await acquire(signal);
    try {
      // It may have fired when the turn had come already.
      signal.throwIfAborted();
      return await work();
    } finally {
      release();
    }
  };
}
