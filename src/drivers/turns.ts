import type { DriverContext } from './driver.js';

/**
 * Lets the hosts of one process take turns before they ask for the lock between processes: that one is waited for
 * by looking again and again, so only one host of a process should wait for it.
 */
export function takeTurns(): <C extends DriverContext>(context: C) => C {
  const last = new Map<string, Promise<unknown>>();
  return (context) => ({
    ...context,
    exclusive(key, use, options) {
      const mine = (last.get(key) ?? Promise.resolve()).then(() => context.exclusive(key, use, options));
      last.set(
        key,
        mine.catch(() => undefined),
      );
      return mine;
    },
  });
}
