import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/machine/atomic-file.js';
import { openStore } from '../../src/machine/file-store.js';
import { buildChildProgram, type ChildProgram } from './child-processes.js';
import { machineRecord } from './machine-record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('makes and replaces a private file and leaves nothing beside it', async () => {
    const path = join(folder, 'a');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('says what it could not write, and removes what it had begun', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'full'), { recursive: true });
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({
      code: 'STORE_WRITE_FAILED',
      exitCode: 1,
      message: `cannot write ${path}: EISDIR: illegal operation on a directory`,
      hints: ['set SWARMUP_HOME to another folder'],
    });
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('replaces a symbolic link, and never writes through it', async () => {
    const path = join(folder, 'a');
    await symlink('/dev/full', path);
    await writeFileAtomic(path, 'x');
    expect(await readFile(path, 'utf8')).toBe('x');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('explains a path that leads through a file', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(writeFileAtomic(join(folder, 'file', 'a'), 'x')).rejects.toThrow('a part of the path is a file');
  });
});

describe('a process killed while it writes', () => {
  let program: ChildProgram;
  beforeAll(async () => {
    program = await buildChildProgram();
  });
  afterAll(() => program[Symbol.asyncDispose]());

  it('leaves the old or the new bytes, and readers never see a mixture', async () => {
    const path = join(folder, 'a');
    const isWhole = (text: string): boolean => text.length === 1_000_000 && text === (text[0] ?? '').repeat(1_000_000);
    for (const afterMs of [0, 3, 9, 20]) {
      const child = program.start(['writeAndDie', String(afterMs), path]);
      expect(await child.nextLine()).toBe('written');
      const killed = new AbortController();
      const ended = child.ended.finally(() => {
        killed.abort();
      });
      while (!killed.signal.aborted) expect(isWhole(await readFile(path, 'utf8'))).toBe(true);
      expect((await ended).signal).toBe('SIGKILL');
      expect(await readFile(path, 'utf8')).toSatisfy((text: string) => isWhole(text) && text >= 'c');
    }
  });
});

/** A real file system of 256 KiB; undefined where this user may not mount one. */
function mountSmallDisk(): string | undefined {
  const disk = mkdtempSync(join(tmpdir(), 'swarmup-disk-'));
  try {
    mkdirSync(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'swarmup-test', disk], { stdio: 'ignore' });
    return disk;
  } catch {
    rmSync(disk, { recursive: true });
    return undefined;
  }
}

const disk = mountSmallDisk();
afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

describe.skipIf(disk === undefined)('a full disk (needs the right to mount a tmpfs)', () => {
  const fill = async (): Promise<void> => {
    await expect(writeFile(join(disk ?? '', 'filler'), Buffer.alloc(1_000_000))).rejects.toMatchObject({
      code: 'ENOSPC',
    });
  };
  const full = { code: 'STORE_WRITE_FAILED', message: expect.stringMatching(/the disk is full$/) as string };

  it('leaves the old file, and nothing beside it', async () => {
    const path = join(disk ?? '', 'a');
    await writeFileAtomic(path, 'old');
    await fill();
    await expect(writeFileAtomic(path, 'new'.repeat(10_000))).rejects.toMatchObject(full);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(disk ?? '')).sort()).toEqual(['a', 'filler']);
    await rm(join(disk ?? '', 'filler'));
  });

  it('loses no record, and the same command works when there is space again', async () => {
    const store = openStore(join(disk ?? '', 'home'));
    await store.add(machineRecord('a'));
    await fill();
    const grow = (): Promise<unknown> =>
      store.update('a', (record) => ({ ...record, driverState: 'x'.repeat(50_000) }));
    await expect(grow()).rejects.toMatchObject(full);
    await expect(store.add(machineRecord('b'))).rejects.toMatchObject(full);
    expect(await store.list()).toEqual({ machines: [machineRecord('a')], broken: [] });
    await rm(join(disk ?? '', 'filler'));
    await grow();
    await store.add(machineRecord('b'));
    expect((await store.list()).machines.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await readdir(join(store.home, 'locks'))).toEqual([]);
  });
});
