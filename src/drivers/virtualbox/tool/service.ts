/**
 * VBoxSVC, VirtualBox's service for one user, as one process of ours sees it: it starts with the first call and ends
 * about 5 s after the last one. Calls during its start fail, or stall for 10 s, so one call goes first.
 */
export interface Service {
  readonly call: <T>(run: () => Promise<T>) => Promise<T>;
}

/** It may end from now on: shorter than its own 5 s. */
const lingersMs = 3000;

export function serviceOfUser(now: () => number = () => performance.now()): Service {
  let calls = 0;
  let lastEnd = Number.NEGATIVE_INFINITY;
  let first: Promise<unknown> | undefined;
  const isUp = (): boolean => calls > 0 || now() - lastEnd < lingersMs;
  const counted = async <T>(run: () => Promise<T>): Promise<T> => {
    calls += 1;
    try {
      return await run();
    } finally {
      calls -= 1;
      lastEnd = now();
    }
  };
  return {
    async call(run) {
      while (first !== undefined) await first;
      if (isUp()) return counted(run);
      const mine = run();
      first = mine.then(
        () => (lastEnd = now()),
        () => undefined,
      );
      void first.then(() => (first = undefined));
      return mine;
    },
  };
}
