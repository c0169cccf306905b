import type { DriverContext } from '../../driver.js';
import { withShared } from './machine-lock.js';

/** What hosts share that are being registered at the same time, under one lock. */
interface Registration {
  /** Work that is done once for all hosts, by its name; it fails for all of them together. */
  once<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** One after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/** The hosts that one process makes: most calls of VBoxManage need not wait for those of other hosts. */
export interface HostsAtOnce {
  /** Names of hosts that are going to be made, in the order that the user gave. */
  expect(names: readonly string[]): void;
  /** A host is here: how many of those before it are still on their way. */
  arrive(name: string): number;
  /** Runs `use` together with that of other hosts under the lock of what machines share, which none of them may take. */
  register<T>(context: DriverContext, use: (shared: Registration) => Promise<T>): Promise<T>;
  /** Notes that a file is in use; the result is called at the end, and returns whether the file is no longer in use. */
  using(file: string): () => boolean;
}

export function hostsAtOnce(): HostsAtOnce {
  const expected = new Set<string>();
  const users = new Map<string, number>();
  const count = (file: string, change: number): number => {
    const now = (users.get(file) ?? 0) + change;
    users.set(file, now);
    return now;
  };
  let open: Session | undefined;
  return {
    expect(names) {
      for (const name of names) expected.add(name);
    },
    arrive(name) {
      const before = [...expected].indexOf(name);
      expected.delete(name);
      return Math.max(before, 0);
    },
    register(context, use) {
      open ??= beginSession(context, (ended) => {
        if (open === ended) open = undefined;
      });
      return open.join(use);
    },
    using(file) {
      count(file, 1);
      return () => count(file, -1) === 0;
    },
  };
}

interface Session {
  readonly join: <T>(use: (shared: Registration) => Promise<T>) => Promise<T>;
}

/**
 * Takes the lock, and releases it when the last participant has finished; after that, the session accepts no others.
 */
function beginSession(context: DriverContext, ended: (session: Session) => void): Session {
  let members = 0;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let released: Promise<void> = Promise.resolve();
  const held = new Promise<void>((resolve, reject) => {
    released = withShared(context, () => {
      resolve();
      return finished;
    });
    released.catch(reject);
  });
  const shared = registration();
  const session: Session = {
    async join(use) {
      members += 1;
      try {
        await held;
        return await use(shared);
      } finally {
        members -= 1;
        if (members === 0) {
          ended(session);
          finish();
          // A process that waited for the lock in vain has already reported it.
          await released.catch(() => undefined);
        }
      }
    },
  };
  return session;
}

function registration(): Registration {
  const known = new Map<string, Promise<unknown>>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    once<T>(what: string, work: () => Promise<T>) {
      const found = known.get(what) ?? work();
      known.set(what, found);
      return found as Promise<T>;
    },
    inTurn(work) {
      const mine = last.then(work);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
