import { execa } from 'execa';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../free-port.js';
import { byHand, type ByHand, vm } from '../by-hand.js';
import { type InstalledVBoxManage, installVBoxManage } from '../install.js';

const hasQemu = await execa('qemu-system-x86_64', ['--version'], { reject: false }).then(
  ({ exitCode }) => exitCode === 0,
);

/** A machine with an empty disk: what QEMU itself does. Guests that boot are tested end to end. */
describe.skipIf(!hasQemu)('a machine of QEMU', { timeout: 180_000 }, () => {
  let tool: InstalledVBoxManage;
  let lab: string;
  let hand: ByHand;

  beforeEach(async () => {
    tool = await installVBoxManage({ backend: 'qemu' });
    lab = await mkdtemp(join(tmpdir(), 'vbox-qemu-'));
    hand = byHand(tool, join(lab, 'machines'));
  });
  afterEach(async () => {
    await tool[Symbol.asyncDispose]();
    await rm(lab, { recursive: true, force: true });
  });

  const ok: ByHand['ok'] = (...args) => hand.ok(...args);
  const machineFiles = async (): Promise<string[]> => readdir(join(lab, 'machines')).catch(() => []);

  it('forwards ports, keeps its state, takes and restores snapshots, leaves nothing', async () => {
    const [ssh, later] = [await freePort(), await freePort()];
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const taken = String((busy.address() as AddressInfo).port);
    await hand.create('q');
    const rules = ['--natpf1', `ssh,tcp,127.0.0.1,${String(ssh)},,22`, '--natpf1', `busy,tcp,127.0.0.1,${taken},,23`];
    await ok('modifyvm', vm, '--memory', '64', '--nic1', 'nat', '--nictype1', 'virtio', ...rules);
    await ok('createmedium', 'disk', '--filename', hand.disk('q'), '--size', '16');
    await hand.addController();
    await hand.attach(0, hand.disk('q'));

    await ok('startvm', vm, '--type', 'headless');
    expect(await listens(ssh)).toBe(true);
    expect(await readFile(join(lab, 'machines', 'q', 'Logs', 'VBox.log'), 'utf8')).toContain(
      `failed to set up redirection of ${taken} to`,
    );
    await ok('controlvm', vm, 'natpf1', `later,tcp,127.0.0.1,${String(later)},,80`);
    expect(await listens(later)).toBe(true);
    await ok('controlvm', vm, 'natpf1', 'delete', 'later');
    expect(await listens(later)).toBe(false);

    await ok('controlvm', vm, 'pause');
    expect(await hand.state()).toBe('paused');
    await ok('controlvm', vm, 'resume');
    await ok('controlvm', vm, 'savestate');
    expect([await hand.state(), await listens(ssh)]).toEqual(['saved', false]);
    await ok('startvm', vm, '--type', 'headless');
    await ok('snapshot', vm, 'take', 'one');
    await ok('snapshot', vm, 'take', 'two');
    await ok('snapshot', vm, 'delete', 'one');
    await ok('controlvm', vm, 'reset');
    await ok('controlvm', vm, 'poweroff');
    expect([await hand.state(), await listens(ssh)]).toEqual(['poweroff', false]);
    await ok('snapshot', vm, 'restore', 'two');
    expect(await hand.state()).toBe('saved');
    await ok('startvm', vm, '--type', 'headless');
    await ok('controlvm', vm, 'poweroff');
    await ok('unregistervm', vm, '--delete');
    busy.close();
    expect(await machineFiles()).toEqual([]);
    expect(await ok('list', 'hdds')).toBe('');
  });
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
