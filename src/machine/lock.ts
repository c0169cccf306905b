import { link, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { makeFolder } from '../lib/make-folder.js';
import { codeOf, SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { writeFailure } from './atomic-file.js';
import { describeSelf, makeStaleCheck, readHolder, type LockHolder, type SeenHolder } from './lock-holder.js';
import type { LockOptions } from './store.js';

interface FileLockOptions extends LockOptions {
  /** What is locked, as in `swarm-default`: for messages. */
  readonly key: string;
  /** How often a holder shows that it lives. Default 5 s. */
  readonly heartbeatMs?: number;
  /** A holder on another machine that was silent for so long is gone. Default 30 s. */
  readonly staleMs?: number;
}

/** Longer than `staleMs`, so that the lock of a machine that died is broken and not complained about. */
const defaultTimeoutMs = 60_000;

/** An attempt to get a lock: the file that will become the lock, and the data to judge the present one. */
interface Claim {
  readonly path: string;
  readonly self: LockHolder;
  /** Our finished lock file under a name of its own. */
  readonly own: string;
  readonly isStale: (holder: SeenHolder) => Promise<boolean>;
}

/**
 * Holds the lock file `path` while `use` runs; no other process or caller does at the same time. Not reentrant.
 * A lock whose process is gone is broken. `signal` ends the waiting only, with its reason.
 * Errors: LOCKED (exit 5, retryable) with the holder, when it was not free within `timeoutMs` (default 60 s);
 * STORE_WRITE_FAILED.
 */
export async function withFileLock<T>(path: string, options: FileLockOptions, use: () => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted();
  const self = await describeSelf(options.key);
  const claim = { path, self, own: `${path}.${self.id}`, isStale: makeStaleCheck(self, options.staleMs ?? 30_000) };
  await using file = await writeOwn(claim);
  const stopBeating = keepBeating(file, options.heartbeatMs ?? 5_000);
  try {
    try {
      await acquire(claim, options);
    } finally {
      await rm(claim.own, { force: true });
    }
    try {
      return await use();
    } finally {
      await release(claim);
    }
  } finally {
    stopBeating();
  }
}

async function writeOwn({ path, own, self }: Claim): Promise<FileHandle> {
  try {
    await makeFolder(dirname(own), 0o700);
    const file = await open(own, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify(self));
      return file;
    } catch (error) {
      await file.close();
      await rm(own, { force: true }).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Through the handle, so that it can never be another's lock that is kept alive. */
function keepBeating(file: FileHandle, intervalMs: number): () => void {
  const timer = setInterval(() => {
    const now = new Date();
    void file.utimes(now, now).catch(() => undefined);
  }, intervalMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

async function acquire(claim: Claim, options: FileLockOptions): Promise<void> {
  const { path, own } = claim;
  const deadline = performance.now() + (options.timeoutMs ?? defaultTimeoutMs);
  let told = false;
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    if (await linked(own, path)) return;
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    if ((await claim.isStale(holder)) && (await breakStale(claim, path, holder))) continue;
    if (performance.now() > deadline) throw lockedError(path, holder);
    if (!told) options.onWait?.(`waiting for ${describe(holder)}`);
    told = true;
    await pause(attempt, options.signal);
  }
}

/**
 * link(2) makes the lock with its whole content, or not at all: no other process ever reads half of it, which is
 * what goes wrong with open(O_EXCL) and a write. True: `to` is ours.
 */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw writeFailure(to, error);
  }
}

/**
 * Removes the file `path` of a holder that is gone. The right to do so is a file named after that holder, linked like
 * a lock; who has it looks again first, and as ids are never used twice, a lock that is newer is never removed. Who
 * has it may die as well: then its right is broken in the same way. False: a living process is at it.
 */
async function breakStale(claim: Claim, path: string, holder: SeenHolder): Promise<boolean> {
  const right = `${claim.path}.${holder.id}.break`;
  if (!(await linked(claim.own, right))) {
    const breaker = await readHolder(right);
    if (breaker === undefined) return true;
    return (await claim.isStale(breaker)) && breakStale(claim, right, breaker);
  }
  try {
    if ((await readHolder(path))?.id === holder.id) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
  return true;
}

async function release({ path, self }: Claim): Promise<void> {
  // It is another's only when we were silent for so long that we were given up.
  if ((await readHolder(path))?.id === self.id) await rm(path, { force: true });
}

/** Short at first, as most locks are held for milliseconds; random, so that those who wait do not march in step. */
async function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const longestMs = Math.min(250, 10 * 1.5 ** attempt);
  await sleepFor(longestMs * (0.5 + Math.random() / 2), undefined, signal && { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}

function describe(holder: LockHolder): string {
  return `${holder.key}, held by pid ${holder.pid} on ${holder.host} since ${holder.since}`;
}

function lockedError(path: string, holder: LockHolder): SwarmupError {
  return new SwarmupError('LOCKED', `another swarmup is working on the same objects: ${describe(holder)}`, {
    exitCode: exitCodes.locked,
    retryable: true,
    hints: [
      'wait until that command is finished, then run this one again',
      `if no such process exists on ${holder.host}, remove ${path}`,
    ],
  });
}
