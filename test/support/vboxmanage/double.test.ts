import { execa } from 'execa';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../src/lib/abort.js';
import { byHand, type ByHand, vm } from './by-hand.js';
import { hasQemuImg, type InstalledVBoxManage, installVBoxManage } from './install.js';

const run = promisify(execFile);

/** Rules of the reference that no recorded call shows in full. */
describe.skipIf(!hasQemuImg)('the VBoxManage double', { timeout: 120_000 }, () => {
  let tool: InstalledVBoxManage;
  let lab: string;
  let hand: ByHand;

  beforeEach(async () => {
    tool = await installVBoxManage();
    lab = await mkdtemp(join(tmpdir(), 'vbox-lab-'));
    hand = byHand(tool, join(lab, 'machines'));
  });
  afterEach(async () => {
    await tool[Symbol.asyncDispose]();
    await rm(lab, { recursive: true, force: true });
  });

  const call: ByHand['call'] = (...args) => hand.call(...args);
  const ok: ByHand['ok'] = (...args) => hand.ok(...args);
  const attachDisk = async (name: string, uuid = vm): Promise<void> => {
    await ok('createmedium', 'disk', '--filename', hand.disk(name), '--size', '64');
    await hand.addController(uuid);
    await hand.attach(0, hand.disk(name), uuid);
  };

  const asProcess: InstalledVBoxManage['call'] = async (args) => {
    const { exitCode = -1, stdout, stderr } = await execa(tool.program, args, { env: tool.env, reject: false });
    return { exitCode, stdout, stderr };
  };

  it.each([
    ['processes', 2, (args: readonly string[]) => asProcess(args)],
    ['threads', 4, (args: readonly string[]) => tool.call(args)],
  ] as const)('fails calls that meet on a stopped machine, and only those: %s', async (_, rounds, play) => {
    await hand.create('m1');
    const meet = async (): Promise<string[]> => {
      const results = await Promise.all(Array.from({ length: 8 }, () => play(['showvminfo', vm, '--machinereadable'])));
      return results.map(({ exitCode, stdout, stderr }) => {
        if (exitCode === 0)
          return stdout.includes('GuestMemoryBalloon') && stderr === ''
            ? 'whole'
            : `cut: ${stderr.split('\n')[0] ?? ''}`;
        return stderr.split('\n')[0] ?? '';
      });
    };
    const seen = new Set<string>();
    for (let round = 0; round < rounds || (seen.size < 4 && round < 8); round++) {
      for (const outcome of await meet()) seen.add(outcome);
    }
    expect([...seen].sort()).toEqual([
      "VBoxManage: error: The machine 'm1' already has a lock request pending",
      "VBoxManage: error: The machine 'm1' is already locked for a session (or being unlocked)",
      'cut: VBoxManage: error: The object is not ready',
      'whole',
    ]);
    const lists = await Promise.all(Array.from({ length: 6 }, () => call('list', 'vms')));
    expect(lists.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    await ok('startvm', vm, '--type', 'headless');
    const running = await Promise.all(Array.from({ length: 6 }, () => call('showvminfo', vm, '--machinereadable')));
    expect(running.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('a call that was killed is in nobody’s way', async () => {
    await hand.create('m1');
    await tool.fail({ kind: 'stall', command: 'showvminfo' });
    const stop = new AbortController();
    const stalled = tool.call(['showvminfo', vm], { signal: stop.signal });
    await waitFor({ timeoutMs: 20_000, intervalMs: 5, what: 'the call to stall' }, async () =>
      (await readFile(join(tool.home, 'faults.json'), 'utf8')).includes('"times":0') ? true : undefined,
    );
    stop.abort(new Error('enough'));
    await expect(stalled).rejects.toThrow('enough');
    const lock = join(tool.home, 'sessions', `${vm}.lock`);
    await mkdir(join(lock, '..'), { recursive: true });
    await writeFile(lock, `${String(process.pid)}/task/${String(process.pid)} showvminfo`);
    expect(await call('showvminfo', vm)).toMatchObject({ code: 1 });
    await writeFile(lock, `${String(process.pid)}/task/0 showvminfo`);
    expect(await hand.state()).toBe('poweroff');
  });

  it('loses nothing when machines are made at once', async () => {
    const uuids = Array.from({ length: 6 }, (_, index) => `${String(index + 2)}1111111-1111-4111-8111-111111111111`);
    await Promise.all(uuids.map((uuid, index) => hand.create(`m${String(index)}`, uuid)));
    expect((await ok('list', 'vms')).split('\n')).toHaveLength(6);
  });

  it('refuses what the tool does not know', async () => {
    await hand.create('m1');
    expect(await call('modifyvm', vm, '--frobnicate', 'on')).toMatchObject({ code: 2, out: '' });
    expect(await call('list', 'everything')).toMatchObject({ code: 2 });
    expect(await call('storagectl', vm, '--name', 'x', '--add', 'quantum')).toMatchObject({ code: 1 });
    expect(await call('modifyvm', vm, '--boot1', 'tape')).toMatchObject({ code: 2 });
    expect(await call('modifyvm', vm, '--memory', 'much')).toMatchObject({ code: 2 });
    expect(await call('snapshot', vm, 'frobnicate')).toMatchObject({ code: 2 });
    expect(await call('startvm', vm)).toMatchObject({ code: 1 });
  });

  it('a process that was killed leaves the machine aborted', async () => {
    await hand.create('m1');
    await ok('startvm', vm, '--type', 'headless');
    expect(await hand.state()).toBe('running');
    const { pid } = JSON.parse(await readFile(join(tool.home, 'sessions', `${vm}.vm`), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await waitFor({ timeoutMs: 20_000, what: 'the machine to be aborted' }, async () =>
      (await hand.state()) === 'aborted' ? true : undefined,
    );
    await ok('startvm', vm, '--type', 'headless');
    await ok('controlvm', vm, 'acpipowerbutton');
    await waitFor({ timeoutMs: 20_000, what: 'the machine to shut down' }, async () =>
      (await hand.state()) === 'poweroff' ? true : undefined,
    );
  });

  it('a machine without its settings file is inaccessible, and goes all the same', async () => {
    await hand.create('m1');
    await rm(join(lab, 'machines', 'm1', 'm1.vbox'));
    expect(await ok('list', 'vms')).toBe(`"<inaccessible>" {${vm}}`);
    expect(await call('showvminfo', vm, '--machinereadable')).toMatchObject({
      code: 1,
      err: expect.stringContaining('functionality is limited') as string,
    });
    expect(await call('unregistervm', vm, '--delete')).toMatchObject({
      code: 1,
      err: expect.stringContaining('The object is not ready') as string,
    });
    expect(await ok('list', 'vms')).toBe('');
  });

  it('renaming takes the folder along', async () => {
    await hand.create('m1');
    await attachDisk('m1');
    await ok('modifyvm', vm, '--name', 'm2');
    expect(await ok('list', 'vms')).toBe(`"m2" {${vm}}`);
    expect(await ok('showvminfo', vm, '--machinereadable')).toContain(`"disk-0-0"="${hand.disk('m2')}"`);
    await ok('unregistervm', vm, '--delete');
    expect(await readdir(join(lab, 'machines'))).toEqual([]);
  });

  it('restoring a snapshot restores settings and disks', async () => {
    await hand.create('m1');
    await attachDisk('m1');
    await ok('modifyvm', vm, '--natpf1', 'ssh,tcp,127.0.0.1,46001,,22');
    await ok('snapshot', vm, 'take', 'base');
    await ok('modifyvm', vm, '--natpf1', 'delete', 'ssh', '--natpf1', 'ssh,tcp,127.0.0.1,46002,,22');
    await ok('snapshot', vm, 'restore', 'base');
    const info = await ok('showvminfo', vm, '--machinereadable');
    expect(info).toContain('Forwarding(0)="ssh,tcp,127.0.0.1,46001,,22"');
    expect(/"disk-0-0"="(.*)"/.exec(info)?.[1]).toMatch(/Snapshots\/\{.*\}\.vdi$/);
    await ok('snapshot', vm, 'delete', 'base');
    expect(await ok('showvminfo', vm, '--machinereadable')).toContain(`"disk-0-0"="${hand.disk('m1')}"`);
    expect(await readdir(join(lab, 'machines', 'm1', 'Snapshots'))).toEqual([]);
  });

  it('a master of linked clones is not deleted, but gone from the list', async () => {
    const clone = '44444444-4444-4444-8444-444444444444';
    await hand.create('base');
    await attachDisk('base');
    const link = [
      '--name',
      'l1',
      '--uuid',
      clone,
      '--basefolder',
      join(lab, 'machines'),
      '--options',
      'link',
      '--register',
    ];
    expect(await call('clonevm', vm, ...link)).toMatchObject({
      code: 1,
      err: expect.stringContaining('only be created from a snapshot') as string,
    });
    await ok('snapshot', vm, 'take', 'base');
    await ok('clonevm', vm, '--snapshot', 'base', ...link);
    expect(await call('unregistervm', vm, '--delete')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has 1 child media') as string,
    });
    expect(await ok('list', 'vms')).toBe(`"l1" {${clone}}`);
    await ok('registervm', join(lab, 'machines', 'base', 'base.vbox'));
    await ok('unregistervm', clone, '--delete');
    await ok('unregistervm', vm, '--delete');
    expect(await ok('list', 'hdds')).toBe('');
  });

  it('--delete-all fails with a snapshot and a DVD image, --delete does not', async () => {
    for (const [name, uuid, option, code] of [
      ['a', vm, '--delete-all', 1],
      ['b', '22222222-2222-4222-8222-222222222222', '--delete', 0],
    ] as const) {
      await hand.create(name, uuid);
      await attachDisk(name, uuid);
      const seed = join(lab, 'machines', name, 'seed.iso');
      await writeFile(seed, Buffer.alloc(4096));
      await hand.attach(1, seed, uuid);
      await ok('snapshot', uuid, 'take', 's');
      expect(await call('unregistervm', uuid, option)).toMatchObject({ code });
    }
    expect(await ok('list', 'vms')).toBe('');
    expect(await readdir(join(lab, 'machines', 'a'))).toContain('a.vbox');
  });

  it('faults strike the calls that they name', async () => {
    await hand.create('m1');
    await tool.fail(
      { kind: 'truncated' },
      { kind: 'svc-gone', command: 'list' },
      { kind: 'no-vboxdrv', command: '--version' },
    );
    expect(await call('showvminfo', vm, '--machinereadable')).toMatchObject({
      code: 0,
      err: expect.stringContaining('not ready') as string,
    });
    expect(await call('list', 'vms')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Failed to create the VirtualBox object!') as string,
    });
    expect(await ok('--version')).toMatch(/^WARNING: [\s\S]*7\.2\.22_Debianr175245$/);
    expect(await ok('list', 'vms')).toBe(`"m1" {${vm}}`);
  });

  it('a copy of a disk is as large as its original, and can grow', async () => {
    await run('qemu-img', ['create', '-q', '-f', 'raw', 'a.raw', '32M'], { cwd: lab });
    await run('qemu-img', ['convert', '-O', 'qcow2', 'a.raw', 'a.qcow2'], { cwd: lab });
    await writeFile(join(lab, 'a.raw'), 'x', { flag: 'r+' });
    await run('qemu-img', ['convert', '-O', 'qcow2', 'a.raw', 'a.qcow2'], { cwd: lab });
    await ok('clonemedium', 'disk', join(lab, 'a.qcow2'), join(lab, 'a.vdi'), '--format', 'VDI');
    await ok('modifymedium', 'disk', join(lab, 'a.vdi'), '--resize', '100');
    expect(await ok('showmediuminfo', 'disk', join(lab, 'a.vdi'))).toContain('Capacity:       100 MBytes');
    await run('qemu-img', ['compare', '-f', 'qcow2', '-F', 'raw', 'a.vdi', 'a.raw'], { cwd: lab });
  });
});
