import { addAbortListener } from 'node:events';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { messageOf, SwarmupError } from './errors.js';
import { exitCodes } from './exit-codes.js';

interface DeadlineOptions {
  readonly timeoutMs: number;
  /** What is waited for, as in "sshd of agent1 to answer": goes into the error. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  readonly host?: string | undefined;
  readonly hints?: readonly string[];
}

/**
 * Runs `work` with a signal that fires when the caller's does or when `timeoutMs` have passed.
 * Work that ignores its signal is abandoned, not awaited.
 * Errors: TIMEOUT (exit 124) when the time is over; the caller's abort reason when it aborted.
 */
export async function withDeadline<T>(options: DeadlineOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted();
  const timer = new AbortController();
  const signal = options.signal === undefined ? timer.signal : AbortSignal.any([options.signal, timer.signal]);
  const handle = setTimeout(() => {
    timer.abort(timeoutError(options));
  }, options.timeoutMs);
  let listener: Disposable | undefined;
  const aborted = new Promise<never>((_, reject) => {
    listener = addAbortListener(signal, () => {
      reject(signal.reason as Error);
    });
  });
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(handle);
    listener?.[Symbol.dispose]();
  }
}

/**
 * Asks `probe` again and again until it returns something other than undefined.
 * An error that is `fatal` ends the wait at once; any other is remembered as the last cause.
 * Errors: TIMEOUT with the last cause.
 */
export async function waitFor<T>(
  options: DeadlineOptions & { readonly intervalMs?: number; readonly fatal?: (error: unknown) => boolean },
  probe: (signal: AbortSignal) => Promise<T | undefined>,
): Promise<T> {
  let last: unknown;
  try {
    return await withDeadline(options, async (signal) => {
      for (;;) {
        try {
          const found = await probe(signal);
          if (found !== undefined) return found;
        } catch (error) {
          signal.throwIfAborted();
          if (options.fatal?.(error) === true) throw error;
          last = error;
        }
        await sleepFor(options.intervalMs ?? 100, undefined, { signal });
      }
    });
  } catch (error) {
    if (error instanceof SwarmupError && error.code === 'TIMEOUT' && last !== undefined)
      throw timeoutError(options, last);
    throw error;
  }
}

function timeoutError(options: DeadlineOptions, cause?: unknown): SwarmupError {
  const seconds = Math.round(options.timeoutMs / 100) / 10;
  const last = cause === undefined ? '' : `; last: ${messageOf(cause)}`;
  return new SwarmupError('TIMEOUT', `waited ${seconds} s for ${options.what}${last}`, {
    exitCode: exitCodes.timeout,
    retryable: true,
    ...(options.host !== undefined && { host: options.host }),
    ...(options.hints !== undefined && { hints: options.hints }),
    ...(cause !== undefined && { cause }),
  });
}
