import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeSelf, makeStaleCheck, type LockHolder } from '../../src/machine/lock-holder.js';
import { withFileLock } from '../../src/machine/lock.js';

const hasProc = existsSync('/proc/self/stat');
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-lock-'));
  path = join(folder, 'locks', 'x.lock');
  await mkdir(join(folder, 'locks'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const left = (): Promise<string[]> => readdir(join(folder, 'locks'));
const take = (options: Partial<Parameters<typeof withFileLock>[1]> = {}): Promise<string> =>
  withFileLock(path, { key: 'x', timeoutMs: 0, ...options }, async () => 'taken');

async function heldBy(changes: Partial<LockHolder>, file = path): Promise<LockHolder> {
  const holder = { ...(await describeSelf('x')), ...changes };
  await writeFile(file, JSON.stringify(holder));
  return holder;
}

async function pidOfGoneProcess(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await turn();
}

describe('withFileLock', () => {
  it('gives the result of its use back and leaves nothing behind, also when the use fails', async () => {
    expect(await take()).toBe('taken');
    const failing = withFileLock(path, { key: 'x' }, () => Promise.reject(new Error('inside')));
    await expect(failing).rejects.toThrow('inside');
    expect(await left()).toEqual([]);
  });

  it('lets the callers of one process in one by one', async () => {
    let inside = 0;
    let most = 0;
    const use = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await turn();
      inside--;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, { key: 'x' }, use)));
    expect(most).toBe(1);
  });

  it('says who holds it, once to onWait and in the LOCKED error', async () => {
    const told: string[] = [];
    await withFileLock(path, { key: 'x' }, async () => {
      const since = (JSON.parse(await readFile(path, 'utf8')) as LockHolder).since;
      const holder = `x, held by pid ${process.pid} on ${hostname()} since ${since}`;
      const waiting = take({ timeoutMs: 100, onWait: (message) => told.push(message) });
      await expect(waiting).rejects.toMatchObject({
        code: 'LOCKED',
        exitCode: 5,
        retryable: true,
        message: `another swarmup is working on the same objects: ${holder}`,
      });
      expect(told).toEqual([`waiting for ${holder}`]);
    });
    expect(await left()).toEqual([]);
  });

  it('stops waiting with the reason of the signal, and keeps nothing', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    await withFileLock(path, { key: 'x' }, async () => {
      const onWait = (): void => {
        controller.abort(reason);
      };
      await expect(take({ timeoutMs: 60_000, signal: controller.signal, onWait })).rejects.toBe(reason);
      expect(await left()).toEqual(['x.lock']);
    });
    await expect(take({ signal: controller.signal })).rejects.toBe(reason);
    expect(await left()).toEqual([]);
  });

  it('leaves a lock alone that another took after it was given up', async () => {
    await withFileLock(path, { key: 'x' }, async () => {
      await rm(path);
      await heldBy({ id: 'other' });
    });
    expect(await left()).toEqual(['x.lock']);
  });

  it('shows by a heartbeat that it lives', async () => {
    await withFileLock(path, { key: 'x', heartbeatMs: 1 }, async () => {
      const { mtimeMs } = await stat(path);
      await until(async () => (await stat(path)).mtimeMs > mtimeMs);
    });
  });

  it('cannot be had where nothing can be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(withFileLock(join(file, 'x.lock'), { key: 'x' }, () => turn())).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      message: expect.stringContaining(file) as string,
    });
  });
});

describe('a lock whose holder is gone', () => {
  it('is broken when the process is', async () => {
    await heldBy({ id: 'dead', pid: await pidOfGoneProcess() });
    expect(await take()).toBe('taken');
    expect(await left()).toEqual([]);
  });

  it('is broken also when those who were breaking it died', async () => {
    const pid = await pidOfGoneProcess();
    await heldBy({ id: 'dead', pid });
    await heldBy({ id: 'breaker', pid }, `${path}.dead.break`);
    await heldBy({ id: 'its-breaker', pid }, `${path}.breaker.break`);
    expect(await take()).toBe('taken');
    expect(await left()).toEqual([]);
  });

  it('is left to a living process that is breaking it', async () => {
    await heldBy({ id: 'dead', pid: await pidOfGoneProcess() });
    await heldBy({ id: 'breaker' }, `${path}.dead.break`);
    await expect(take()).rejects.toMatchObject({ code: 'LOCKED' });
    expect(await left()).toEqual(['x.lock', 'x.lock.dead.break']);
  });

  it.skipIf(!hasProc)('is broken when its pid belongs to a younger process now', async () => {
    await heldBy({ startedAt: '1' });
    expect(await take()).toBe('taken');
  });

  it.skipIf(!hasProc)('is broken when the process is a zombie', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      await until(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(' Z '));
      await heldBy({ pid, startedAt: null });
      expect(await take()).toBe('taken');
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('is broken elsewhere when its heartbeat stands still, not when its clock is far off', async () => {
    await heldBy({ host: 'nas', pidSpace: 'elsewhere' });
    await utimes(path, 0, 0);
    await expect(take()).rejects.toThrow('on nas since');
    expect(await take({ staleMs: 20, timeoutMs: 60_000 })).toBe('taken');
  });

  it('is broken when a power failure cut its file off', async () => {
    await writeFile(path, '{"id":"');
    await expect(take()).rejects.toMatchObject({ code: 'LOCKED' });
    expect(await take({ staleMs: 20, timeoutMs: 60_000 })).toBe('taken');
  });
});

it('a holder elsewhere lives as long as its heartbeat changes', async () => {
  const self = await describeSelf('x');
  const isStale = makeStaleCheck(self, 0);
  const holder = { ...self, pidSpace: 'elsewhere' };
  const next = async (): Promise<void> => {
    const now = performance.now();
    await until(async () => performance.now() > now);
  };
  expect(await isStale({ ...holder, heartbeatAtMs: 1 })).toBe(false);
  await next();
  expect(await isStale({ ...holder, heartbeatAtMs: 2 })).toBe(false);
  await next();
  expect(await isStale({ ...holder, heartbeatAtMs: 2 })).toBe(true);
});
