import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { release, tmpdir, totalmem, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  carryProblems,
  cpuProblems,
  type Crowd,
  isThisMachine,
  type Left,
  lookAtMachine,
  raiseInotify,
  remoteProblems,
} from '../../../src/drivers/docker/capacity.js';

const plenty: Left = { availableMiB: 20_000, inotifyLimit: 1024, inotifyUsed: undefined, mayRaise: true };
const crowd = (running: number, managers: number, workers: number): Crowd => ({ running, managers, workers });
const machine = { MemTotal: 8 * 1024 ** 3, NCPU: 2, KernelVersion: '6.1.0' };

describe('what a computer can carry', () => {
  it('is enough for 20 swarms of 3 hosts with 1024 inotify instances and 8 GiB', () => {
    expect(carryProblems(crowd(57, 1, 2), { ...plenty, availableMiB: 3_500 })).toEqual([]);
    expect(carryProblems(crowd(0, 20, 40), { ...plenty, availableMiB: 8_000 })).toEqual([]);
  });

  it('is too little memory, with the figures', () => {
    expect(carryProblems(crowd(9, 1, 2), { ...plenty, availableMiB: 200 })).toMatchObject([
      {
        severity: 'error',
        code: 'MEMORY_SHORT',
        message: 'the 3 new hosts need about 245 MiB of memory, and this computer has 200 MiB left',
      },
    ]);
    expect(carryProblems(crowd(9, 0, 0), { ...plenty, availableMiB: 0 })).toEqual([]);
  });

  it.each([
    // Asked, limit, used by root, what is said.
    [crowd(0, 1, 2), 128, undefined, []],
    [crowd(18, 1, 2), 128, 80, ['warning fs.inotify.max_user_instances is 128, which is low for 21 hosts']],
    [
      crowd(27, 1, 2),
      128,
      118,
      ['error the 3 new hosts need 12 inotify instances, and 10 of 128 are free (fs.inotify.max_user_instances)'],
    ],
    [
      crowd(30, 0, 3),
      128,
      undefined,
      [
        'error the 3 new hosts need 12 inotify instances, and at most 8 of 128 are free (fs.inotify.max_user_instances)',
      ],
    ],
    [
      crowd(0, 1, 0),
      3,
      40,
      ['error the new host needs 4 inotify instances, and 0 of 3 are free (fs.inotify.max_user_instances)'],
    ],
    [crowd(100, 0, 1), 128, 400, ['error']],
    [crowd(100, 0, 0), 128, 128, []],
    [crowd(57, 1, 2), undefined, undefined, []],
    [crowd(200, 1, 2), 1024, 800, []],
    [crowd(254, 1, 2), 1024, 1016, ['error']],
  ])('of %j with a limit of %s, of which %s are used', (asked, inotifyLimit, inotifyUsed, said) => {
    const problems = carryProblems(asked, { ...plenty, inotifyLimit, inotifyUsed });
    expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual(
      said.map((text) => (text === 'error' ? expect.stringMatching(/^error/) : text) as string),
    );
    expect(problems.every(({ code }) => code === 'INOTIFY_LOW')).toBe(true);
  });

  it('proposes a limit that suffices, as a command and as a fix', () => {
    const fixes = [crowd(0, 20, 40), crowd(0, 100, 200)].map(
      (asked) => carryProblems(asked, { ...plenty, availableMiB: 99_000, inotifyLimit: 128 })[0],
    );
    expect(fixes).toMatchObject([
      {
        hints: ['sudo sysctl fs.inotify.max_user_instances=1024'],
        fix: { does: 'raise fs.inotify.max_user_instances from 128 to 1024', to: 1024 },
      },
      { fix: { to: 4096 } },
    ]);
    const [unchanged] = carryProblems(crowd(30, 1, 2), { ...plenty, inotifyLimit: 128, mayRaise: false });
    expect(unchanged).toMatchObject({ severity: 'error', hints: ['sudo sysctl fs.inotify.max_user_instances=1024'] });
    expect(unchanged).not.toHaveProperty('fix');
  });

  it('is judged by what its API says, if the engine is elsewhere', () => {
    expect(remoteProblems(crowd(57, 1, 2), machine)).toEqual([]);
    expect(remoteProblems(crowd(120, 1, 2), machine)).toMatchObject([
      {
        code: 'MEMORY_SHORT',
        message:
          '123 hosts, of which 120 run already, need about 9245 MiB of memory, and the computer of the engine has 8192 MiB',
      },
    ]);
    expect(remoteProblems(crowd(120, 0, 0), machine)).toEqual([]);
    expect(cpuProblems(2, machine)).toEqual([]);
    expect(cpuProblems(undefined, machine)).toEqual([]);
    expect(cpuProblems(3, machine)).toMatchObject([
      {
        code: 'CPUS_TOO_MANY',
        message: 'each host may use 3 CPUs, but the computer of the engine has 2',
        hints: ['use --docker-cpus 2, or leave out the option'],
      },
    ]);
  });
});

describe('a look at this computer', () => {
  it('knows whether the engine runs here', () => {
    const here = { MemTotal: totalmem(), NCPU: 2, KernelVersion: release() };
    expect(isThisMachine(here)).toBe(true);
    expect(isThisMachine({ ...here, MemTotal: 1 })).toBe(false);
    expect(isThisMachine({ ...here, KernelVersion: 'other' })).toBe(false);
  });

  it.skipIf(userInfo().uid !== 0)('counts the inotify instances of root only if they may be few', async () => {
    const proc = await mkdtemp(join(tmpdir(), 'swarmup-proc-'));
    const process = async (id: number, files: readonly string[]): Promise<void> => {
      await mkdir(join(proc, String(id), 'fd'), { recursive: true });
      for (const [i, target] of files.entries()) await symlink(target, join(proc, String(id), 'fd', String(i)));
    };
    await mkdir(join(proc, 'sys/fs/inotify'), { recursive: true });
    await writeFile(join(proc, 'sys/fs/inotify/max_user_instances'), '128\n');
    await writeFile(join(proc, 'meminfo'), 'MemTotal:  9 kB\nMemAvailable:    2048000 kB\nSwapFree:   1024 kB\n');
    await process(1, ['anon_inode:inotify', '/dev/null', 'anon_inode:inotify']);
    await process(17, ['anon_inode:inotify', 'socket:[1]']);
    expect(await lookAtMachine(crowd(0, 1, 2), proc)).toEqual({
      availableMiB: 2001,
      inotifyLimit: 128,
      inotifyUsed: undefined,
      mayRaise: false,
    });
    expect(await lookAtMachine(crowd(20, 1, 2), proc)).toMatchObject({ inotifyUsed: 3, mayRaise: true });
    expect(await lookAtMachine(crowd(20, 1, 2), join(proc, 'nothing'))).toEqual({
      availableMiB: undefined,
      inotifyLimit: undefined,
      inotifyUsed: undefined,
      mayRaise: false,
    });
  });

  it('raises the limit now and for later, and never lowers it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-sysctl-'));
    const files = { limit: join(folder, 'limit'), persistent: join(folder, '90.conf') };
    const read = () => Promise.all([readFile(files.limit, 'utf8'), readFile(files.persistent, 'utf8')]);
    await writeFile(files.limit, '128\n');
    await raiseInotify(1024, files);
    expect(await read()).toEqual(['1024\n', 'fs.inotify.max_user_instances=1024\n']);
    await writeFile(files.limit, '8192\n');
    await raiseInotify(1024, files);
    expect(await read()).toEqual(['8192\n', 'fs.inotify.max_user_instances=8192\n']);
    await expect(raiseInotify(1024, { ...files, persistent: join(folder, 'none', 'x') })).rejects.toMatchObject({
      code: 'INOTIFY_LOW',
      exitCode: 3,
      hints: ['sudo sysctl fs.inotify.max_user_instances=1024'],
    });
  });
});
