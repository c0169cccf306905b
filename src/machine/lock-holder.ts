import { open, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid } from 'node:process';
import { codeOf } from '../lib/errors.js';

/** Who holds a lock: the content of the lock file. */
export interface LockHolder {
  /** Unique per acquisition. */
  readonly id: string;
  /** What is locked, as in `swarm-default`. */
  readonly key: string;
  readonly pid: number;
  readonly host: string;
  /** Where `pid` means this process and no other; see `pidSpace`. */
  readonly pidSpace: string;
  /**
   * The time when the process started, in the kernel's own ticks, which detects a reused pid. null if there is no
   * /proc.
   */
  readonly startedAt: string | null;
  /** RFC 3339, UTC. */
  readonly since: string;
}

/** A holder with the time of its last heartbeat, as the file system has it. */
export type SeenHolder = LockHolder & { readonly heartbeatAtMs: number };

/** This process as the holder of `key`. */
export async function describeSelf(key: string): Promise<LockHolder> {
  const [space, status] = await Promise.all([pidSpace(), processStatus(pid)]);
  return {
    id: crypto.randomUUID(),
    key,
    pid,
    host: hostname(),
    pidSpace: space,
    startedAt: status?.startedAt ?? null,
    since: new Date().toISOString(),
  };
}

/**
 * The holder that a lock file names, undefined if the file does not exist. Lock files appear with their whole content,
 * so an unreadable one was cut off by a power failure: it is shown as a holder elsewhere without a heartbeat.
 */
export async function readHolder(path: string): Promise<SeenHolder | undefined> {
  try {
    await using file = await open(path, 'r');
    const [text, { mtimeMs }] = [await file.readFile('utf8'), await file.stat()];
    return { ...parseHolder(text), heartbeatAtMs: mtimeMs };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const unreadable: LockHolder = {
  id: 'unreadable',
  key: '?',
  pid: 0,
  host: '?',
  pidSpace: '?',
  startedAt: null,
  since: '?',
};

function parseHolder(text: string): LockHolder {
  try {
    const value = JSON.parse(text) as Partial<LockHolder> | null;
    return typeof value?.id === 'string' ? { ...unreadable, ...value } : unreadable;
  } catch {
    return unreadable;
  }
}

/**
 * Makes the check whether a holder no longer exists. In our own pid space, the process itself is checked: a suspended
 * process keeps its lock. Elsewhere (a store shared over NFS or with a container), the heartbeat must have stopped for
 * `staleMs` of our own time, so that different clocks do not break a lock.
 */
export function makeStaleCheck(self: LockHolder, staleMs: number): (holder: SeenHolder) => Promise<boolean> {
  const heartbeats = new Map<string, { readonly beat: number; readonly seenAt: number }>();
  return async (holder) => {
    if (holder.pidSpace === self.pidSpace) return !(await isRunning(holder));
    const known = heartbeats.get(holder.id);
    if (known?.beat === holder.heartbeatAtMs) return performance.now() - known.seenAt > staleMs;
    heartbeats.set(holder.id, { beat: holder.heartbeatAtMs, seenAt: performance.now() });
    return false;
  };
}

async function isRunning(holder: LockHolder): Promise<boolean> {
  try {
    kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const status = await processStatus(holder.pid);
  if (status === undefined) return true;
  return !status.dead && (holder.startedAt === null || holder.startedAt === status.startedAt);
}

/**
 * Names what makes a pid unique: the boot of this machine and, as containers may share the host's name, the Linux pid
 * namespace. Elsewhere the host name has to do.
 */
async function pidSpace(): Promise<string> {
  try {
    const [boot, namespace] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    return `${boot.trim()} ${namespace}`;
  } catch {
    return hostname();
  }
}

/** undefined where /proc does not tell. Source: proc(5), /proc/pid/stat, fields 3 (state) and 22 (starttime). */
async function processStatus(id: number): Promise<{ dead: boolean; startedAt: string } | undefined> {
  try {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8');
    // Field 2 is the program's name in parentheses and may hold anything, also spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startedAt] = [fields[0], fields[19]];
    return startedAt === undefined ? undefined : { dead: state === 'Z' || state === 'X', startedAt };
  } catch {
    return undefined;
  }
}
