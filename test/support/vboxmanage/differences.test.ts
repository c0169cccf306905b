import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byHand, type ByHand, vm } from './by-hand.js';
import type { CallResult } from './call-threads.js';
import { stalledCalls } from './service.js';
import { hasQemuImg, type InstalledVBoxManage, installVBoxManage } from './install.js';

const recordings = join(import.meta.dirname, '..', '..', 'drivers', 'virtualbox', 'transcripts');

interface Difference {
  readonly set: string;
  readonly args: readonly string[];
  readonly exit: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

const differences = JSON.parse(
  await readFile(join(import.meta.dirname, 'differences.json'), 'utf8'),
) as readonly Difference[];

/** What the real VBoxManage 7.2.22 was found to do that the double once did otherwise. */
describe.skipIf(!hasQemuImg)('the VBoxManage double, where it was once more lenient', { timeout: 120_000 }, () => {
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

  const recorded = async (name: string): Promise<object> => {
    const [exit, out, err] = await Promise.all(
      ['exit', 'stdout', 'stderr'].map((part) => readFile(join(recordings, `${name}.${part}`), 'utf8')),
    );
    const ofLab = (text = ''): string =>
      text.replaceAll('/srv/vms/foreign/', `${lab}/machines/`).replace(/(?<=UUID: +)[0-9a-f-]{36}/, vm);
    return { exitCode: Number(exit), stdout: ofLab(out), stderr: ofLab(err) };
  };
  const call = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<CallResult> =>
    tool.call(args, { env });

  const lookup = (...args: readonly string[]): Promise<CallResult> => call({}, ...args);
  const state = async (): Promise<string | undefined> =>
    /^VMState="(.*)"$/m.exec((await lookup('showvminfo', vm, '--machinereadable')).stdout)?.[1];

  it('tells on stderr of a machine whose files are gone, and ends well', async () => {
    await hand.create('foreign');
    await rm(join(lab, 'machines', 'foreign', 'foreign.vbox'));
    expect(await call({}, 'list', '--long', 'vms')).toEqual(await recorded('x01-list-long-vms-inaccessible'));
  });

  it.each(['C', 'POSIX'])(
    'ends a list at the first letter that the locale %s does not have, and well',
    async (name) => {
      await hand.create('Büro');
      const env = { LANG: name, LC_ALL: name };
      expect(await call(env, 'list', '--long', 'vms')).toEqual(
        await recorded('x02-list-long-vms-cut-at-umlaut-lang-c'),
      );
      expect(await call(env, 'list', 'vms')).toEqual({ exitCode: 0, stdout: '"B', stderr: '' });
      expect(await call({ LC_ALL: 'en_US.UTF-8' }, 'list', 'vms')).toMatchObject({ stdout: `"Büro" {${vm}}\n` });
    },
  );

  it('does nothing with arguments that the locale does not have', async () => {
    expect(await call({ LC_ALL: '', LC_CTYPE: '', LANG: 'C' }, 'createvm', '--name', 'Büro')).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: 'VBoxManage: fatal error: RTR3Init: VERR_NO_TRANSLATION\n',
    });
    expect(await hand.ok('list', 'vms')).toBe('');
  });

  /** Calls that the double once answered otherwise: the status, and lines that were missing (differences.json). */
  async function replay(set: string, among: (difference: Difference) => boolean = () => true): Promise<number> {
    const chosen = differences.filter((difference) => difference.set === set && among(difference));
    for (const { args, exit, out, err } of chosen) {
      const { exitCode, stdout, stderr } = await lookup(...args.map((arg) => arg.replaceAll('/lab/', `${lab}/`)));
      const plain = (text: string): string =>
        text.replaceAll(`${lab}/`, '/lab/').replaceAll(/at line \d+ of/g, 'at line N of');
      expect({ args, exitCode, stderr: plain(stderr) }).toMatchObject({ args, exitCode: exit });
      for (const line of out) expect(plain(stdout), args.join(' ')).toContain(line);
      for (const line of err) expect(plain(stderr), args.join(' ')).toContain(line);
    }
    return chosen.length;
  }

  it('refuses names and settings as the real tool does', async () => {
    await hand.create('a', 'aaaaaaaa-1111-4111-8111-000000000001');
    expect(await replay('1')).toBe(12);
  });

  it('refuses controllers and media as the real tool does', async () => {
    const uuid = 'aaaaaaaa-1111-4111-8111-000000000011';
    await hand.create('a', uuid);
    await hand.addController(uuid);
    expect(await replay('2')).toBe(6);
  });

  it('does with machines that run or are saved what the real tool does', async () => {
    const uuid = 'aaaaaaaa-1111-4111-8111-000000000021';
    await hand.create('r', uuid);
    await mkdir(join(lab, 'share'));
    await mkdir(join(lab, 'm', 'r'), { recursive: true });
    await hand.ok('createmedium', 'disk', '--filename', join(lab, 'm', 'r', 'd.vdi'), '--size', '8');
    await hand.addController(uuid);
    await hand.attach(0, join(lab, 'm', 'r', 'd.vdi'), uuid);
    await hand.ok('startvm', uuid, '--type', 'headless');
    expect(await replay('3', ({ args }) => args[0] === 'sharedfolder' || args[0] === 'clonevm')).toBe(2);
    await hand.ok('controlvm', uuid, 'savestate');
    expect(await replay('3', ({ args }) => args[0] === 'modifyvm')).toBe(1);
    await hand.ok('discardstate', uuid);
    await hand.ok('modifyvm', uuid, '--name', 'rr');
    expect(await replay('3', ({ args }) => args[0] === 'startvm')).toBe(2);
  });

  it('calls that meet while the service comes up stall, all but one; later ones do not', async () => {
    const goes = { VBOX_DOUBLE_SERVICE: 'comes-and-goes' };
    const met = await Promise.all([1, 2, 3].map(() => call(goes, 'list', 'vms')));
    expect(met.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    const stalled = stalledCalls(tool.home);
    expect(stalled[0]).toBe('list vms');
    await Promise.all([1, 2, 3].map(() => call(goes, 'list', 'vms')));
    expect(stalledCalls(tool.home)).toEqual(stalled);
  });

  it('gives no orders to a machine that starts, and its session to nobody before it is there', async () => {
    await hand.create('m1');
    await tool.hold('spawning');
    const starting = call({}, 'startvm', vm, '--type', 'headless');
    await tool.held(vm, 'spawning');
    expect((await lookup('controlvm', vm, 'poweroff')).stderr).toMatch(
      /^VBoxManage: error: An unexpected process \(PID=0x[0-9A-F]{8}\) has tried to lock the machine 'm1', while only/,
    );
    expect((await lookup('unregistervm', vm)).exitCode).toBe(1);
    await tool.hold('starting');
    await tool.held(vm, 'starting');
    expect(await state()).toBe('starting');
    expect(await lookup('list', 'runningvms')).toMatchObject({ stdout: '' });
    expect((await lookup('controlvm', vm, 'poweroff')).stderr).toContain(
      'error: Invalid machine state: Starting (must be Running, Paused or Stuck)\nVBoxManage: error: Details: code VBOX_E_INVALID_VM_STATE',
    );
    expect(await lookup('startvm', vm)).toMatchObject({ exitCode: 1 });
    await tool.hold('stopping');
    await starting;
    expect(await state()).toBe('running');
    const off = call({}, 'controlvm', vm, 'poweroff');
    await tool.held(vm, 'stopping');
    expect((await lookup('controlvm', vm, 'poweroff')).stderr).toContain('is being powered down');
    await tool.hold();
    await off;
    expect(await state()).toBe('poweroff');
  });
});
