import { setTimeout as sleepFor } from 'node:timers/promises';
import { waitFor } from '../lib/abort.js';
import { SwarmupError } from '../lib/errors.js';
import { limit } from '../lib/limit.js';
import type { Connection } from './runner.js';

interface PoolOptions<Target> {
  /** Makes one connection, with its own deadline; gets a signal that fires when no caller waits any longer. */
  readonly connect: (target: Target, signal: AbortSignal) => Promise<Connection>;
  /** How many connections are being made at a time. Default 8. */
  readonly maxConcurrentStarts?: number;
}

interface GetOptions {
  readonly signal?: AbortSignal | undefined;
  /** Keep trying for so long while the error is retryable (the host is booting). Default 0: one try. */
  readonly waitMs?: number;
  /** Called with the reason of every try that failed while `waitMs` lasts. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

/** The kept connections of this process, one for each host name. */
interface ConnectionPool<Target> {
  /**
   * The host's connection: the present one, the one being made, or a new one if there is none or it was lost. An abort
   * ends only this caller's wait; others may wait for the same connection. Errors: those of `connect`; TIMEOUT with the
   * last of them if `waitMs` is given.
   */
  get(target: Target, options?: GetOptions): Promise<Connection>;
  /** Closes and forgets the connection of a host (it was stopped or removed). It is not an error if there is none. */
  drop(name: string): Promise<void>;
  /** Closes all connections; one that is being made is given up. */
  close(): Promise<void>;
}

interface Kept {
  readonly connection: Promise<Connection>;
  /** Ends the attempt while the connection is being made. */
  readonly stop: AbortController;
}

const firstPauseMs = 50;
const longestPauseMs = 1000;

export function connectionPool<Target extends { readonly name: string }>({
  connect,
  maxConcurrentStarts = 8,
}: PoolOptions<Target>): ConnectionPool<Target> {
  const kept = new Map<string, Kept>();
  const inTurn = limit(maxConcurrentStarts);

  const start = (target: Target): Kept => {
    const stop = new AbortController();
    const connection = inTurn(stop.signal, () => connect(target, stop.signal));
    const made = { connection, stop };
    const forget = (): void => {
      if (kept.get(target.name) === made) kept.delete(target.name);
    };
    kept.set(target.name, made);
    connection.then(({ closed }) => {
      if (closed.aborted) forget();
      closed.addEventListener('abort', forget);
    }, forget);
    return made;
  };

  const drop = async (name: string): Promise<void> => {
    const made = kept.get(name);
    kept.delete(name);
    made?.stop.abort(new SwarmupError('SSH_LOST', `the SSH connection to ${name} was ended`, { host: name }));
    const open = await made?.connection.catch(() => undefined);
    await open?.[Symbol.asyncDispose]();
  };

  return {
    get: (target, options = {}) =>
      waitForConnection(target, options, () => (kept.get(target.name) ?? start(target)).connection),
    drop,
    async close() {
      await Promise.all([...kept.keys()].map(drop));
    },
  };
}

async function waitForConnection(
  { name }: { readonly name: string },
  { signal, waitMs = 0, failed }: GetOptions,
  attempt: () => Promise<Connection>,
): Promise<Connection> {
  signal?.throwIfAborted();
  if (waitMs === 0) return orAbort(attempt(), signal);
  let pauseMs = 0;
  const deadline = { timeoutMs: waitMs, signal, host: name, what: `SSH of ${name} to answer`, intervalMs: 0 };
  return waitFor({ ...deadline, fatal: (error) => !isRetryable(error) }, async (waiting) => {
    if (pauseMs > 0) await sleepFor(pauseMs, undefined, { signal: waiting });
    pauseMs = Math.min(Math.max(pauseMs * 2, firstPauseMs), longestPauseMs);
    return attempt().catch((error: unknown) => {
      failed?.(error);
      throw error;
    });
  });
}

function isRetryable(error: unknown): boolean {
  return error instanceof SwarmupError && error.retryable;
}

/** The outcome of `work`, or the abort reason as soon as `signal` fires; the work itself continues. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const listening = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { signal: listening.signal, once: true },
    );
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    listening.abort();
  }
}
