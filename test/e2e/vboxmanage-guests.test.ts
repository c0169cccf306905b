import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import { codeOf } from '../../src/lib/errors.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { connectSsh } from '../../src/ssh/ssh-runner.js';
import { freePort } from '../support/free-port.js';
import { byHand, type ByHand, vm } from '../support/vboxmanage/by-hand.js';
import { ensureCloudImage } from '../support/vboxmanage/cloud-image.js';
import { ensureGuestImage } from '../support/guest-image.js';
import { type InstalledVBoxManage, installVBoxManage } from '../support/vboxmanage/install.js';
import { outerEngine } from './outer-engine.js';

const userKey = generateSshKey('user');

interface Kind {
  readonly backend: 'container' | 'qemu';
  readonly subnet: string;
  /** Milliseconds until the first login, on a machine that does other things as well. */
  readonly bootMs: number;
  /** Variables of the double, and the disk image that is cloned. */
  readonly prepare: (lab: string) => Promise<{ readonly env: Record<string, string>; readonly image: string }>;
}

const kinds: readonly Kind[] = [
  {
    backend: 'container',
    subnet: '192.168.61',
    bootMs: 180_000,
    async prepare(lab) {
      // The content of the disk does not matter: the container stands for it.
      const image = join(lab, 'cloud.qcow2');
      await execa('qemu-img', ['create', '-q', '-f', 'raw', join(lab, 'cloud.raw'), '64M']);
      await writeFile(join(lab, 'cloud.raw'), 'x', { flag: 'r+' });
      await execa('qemu-img', ['convert', '-O', 'qcow2', join(lab, 'cloud.raw'), image]);
      return { env: { VBOX_DOUBLE_IMAGE: await ensureGuestImage() }, image };
    },
  },
  {
    backend: 'qemu',
    subnet: '192.168.62',
    bootMs: 600_000,
    prepare: async () => ({ env: {}, image: await ensureCloudImage() }),
  },
];

const has = async (program: string): Promise<boolean> =>
  (await execa('which', [program], { reject: false })).exitCode === 0;
const possible = (await has('qemu-system-x86_64')) && (await has('genisoimage'));

/** The emulated one takes five minutes: asked for only. virtualbox-vm.test.ts boots one in every run. */
const wanted = process.env['SWARMUP_TEST_QEMU'] === '1' ? kinds : kinds.filter(({ backend }) => backend !== 'qemu');

describe.skipIf(!possible).each(wanted)(
  'guests of the VBoxManage double: $backend',
  { timeout: 900_000 },
  ({ backend, subnet, bootMs, prepare }) => {
    const hostKey = generateSshKey('guest');
    let tool: InstalledVBoxManage;
    let hand: ByHand;
    let lab: string;
    let port: number;

    const ok: ByHand['ok'] = (...args) => hand.ok(...args);
    const reach = (wanted: string): Promise<unknown> =>
      waitFor({ timeoutMs: 180_000, what: `state ${wanted}`, intervalMs: 500 }, async () =>
        (await hand.state()) === wanted ? true : undefined,
      );

    /** Logs in with the host key that the seed gave, and runs a command. */
    async function inGuest(command: string, target = { host: '127.0.0.1', port }): Promise<string> {
      const connection = await waitFor(
        {
          timeoutMs: bootMs,
          what: 'the first login',
          intervalMs: 1000,
          fatal: (error) => codeOf(error) === 'HOST_KEY_MISMATCH',
        },
        (signal) =>
          connectSsh(
            { ...target, name: 'guest', user: 'debian', hostKey: hostKey.publicKey, privateKey: userKey.privateKey },
            { signal },
          ),
      );
      try {
        return (await connection.exec(command)).stdout.trim();
      } finally {
        await connection[Symbol.asyncDispose]();
      }
    }

    beforeAll(async () => {
      lab = await mkdtemp(join(tmpdir(), 'vbox-guests-'));
      const { env, image } = await prepare(lab);
      tool = await installVBoxManage({ backend, env });
      hand = byHand(tool, join(lab, 'machines'));
      port = await freePort();
      await ok('hostonlyif', 'create');
      await ok('hostonlyif', 'ipconfig', 'vboxnet0', '--ip', `${subnet}.1`, '--netmask', '255.255.255.0');
      await hand.create('g1');
      await ok(
        ...['modifyvm', vm, '--cpus', '2', '--memory', '1024', '--boot1', 'disk', '--boot2', 'none', '--boot3', 'none'],
        ...['--nic1', 'nat', '--nictype1', 'virtio', '--macaddress1', '080027000101'],
        ...['--natpf1', `ssh,tcp,127.0.0.1,${port},,22`],
        ...['--nic2', 'hostonly', '--hostonlyadapter2', 'vboxnet0', '--nictype2', 'virtio'],
        ...['--macaddress2', '080027000102'],
      );
      await ok('clonemedium', 'disk', image, hand.disk('g1'), '--format', 'VDI');
      await ok('modifymedium', 'disk', hand.disk('g1'), '--resize', '6144');
      await hand.addController();
      await hand.attach(0, hand.disk('g1'));
      await hand.attach(1, await makeSeed(lab, { hostKey, address: `${subnet}.11` }));
    }, 900_000);
    afterAll(async () => {
      await tool[Symbol.asyncDispose]();
      await rm(lab, { recursive: true, force: true });
    }, 120_000);

    it('boots, and is what the seed says', async () => {
      await ok('startvm', vm, '--type', 'headless');
      expect(await inGuest('hostname')).toBe('g1');
      expect(await inGuest('id -un; sudo -n id -un')).toBe('debian\nroot');
      expect(await inGuest('ip -o -4 addr')).toContain(`${subnet}.11/24`);
      expect(await inGuest('cat /sys/class/net/*/address')).toMatch(/08:00:27:00:01:01[\s\S]*08:00:27:00:01:02/);
      expect(
        await inGuest('sudo cloud-init status --wait; cat /etc/from-seed', { host: `${subnet}.11`, port: 22 }),
      ).toMatch(/status: done\s+written$/);
    });

    it('pauses, saves its state and goes on with it', async () => {
      const boot = await inGuest('cat /proc/sys/kernel/random/boot_id; echo 1 > mark; sync');
      await ok('controlvm', vm, 'pause');
      expect(await hand.state()).toBe('paused');
      await ok('controlvm', vm, 'resume');
      await ok('controlvm', vm, 'savestate');
      expect(await hand.state()).toBe('saved');
      await ok('startvm', vm, '--type', 'headless');
      expect(await inGuest('cat /proc/sys/kernel/random/boot_id')).toBe(boot);
    });

    it('shuts down by its power button, and has its disk at the next start', async () => {
      await ok('controlvm', vm, 'acpipowerbutton');
      await reach('poweroff');
      await ok('snapshot', vm, 'take', 'clean');
      await ok('startvm', vm, '--type', 'headless');
      expect(await inGuest('cat mark; echo 2 > mark; sync')).toBe('1');
    });

    it('a snapshot brings the disk back', async () => {
      await ok('controlvm', vm, 'poweroff');
      expect(await hand.state()).toBe('poweroff');
      await ok('snapshot', vm, 'restore', 'clean');
      await ok('startvm', vm, '--type', 'headless');
      expect(await inGuest('cat mark')).toBe('1');
    });

    it('dies with its process', async () => {
      const { pid } = JSON.parse(await readFile(join(tool.home, 'sessions', `${vm}.vm`), 'utf8')) as { pid: number };
      process.kill(pid, 'SIGKILL');
      await reach('aborted');
      await waitFor({ timeoutMs: 60_000, what: 'the guest to be gone', intervalMs: 500 }, async () =>
        (await execa('ping', ['-c', '1', '-W', '1', `${subnet}.11`], { reject: false })).exitCode === 0
          ? undefined
          : true,
      );
    });

    it('goes without a trace', async () => {
      await ok('unregistervm', vm, '--delete');
      await ok('hostonlyif', 'remove', 'vboxnet0');
      const filters = JSON.stringify({ label: [`vboxmanage.home=${tool.home}`] });
      expect(await outerEngine.request('GET', '/containers/json', { query: { all: true, filters } })).toEqual([]);
      expect(await outerEngine.request('GET', '/networks', { query: { filters } })).toEqual([]);
      expect((await execa('ip', ['-o', '-4', 'addr'])).stdout).not.toContain(`${subnet}.`);
    });
  },
);

/** A NoCloud seed: an ISO image with the label cidata. */
async function makeSeed(
  lab: string,
  { hostKey, address }: { readonly hostKey: typeof userKey; readonly address: string },
): Promise<string> {
  const folder = join(lab, 'seed');
  await mkdir(folder);
  const cloudConfig = {
    hostname: 'g1',
    ssh_authorized_keys: [userKey.publicKey],
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    write_files: [{ path: '/etc/from-seed', content: 'written\n' }],
  };
  await writeFile(join(folder, 'user-data'), `#cloud-config\n${JSON.stringify(cloudConfig)}\n`);
  await writeFile(join(folder, 'meta-data'), JSON.stringify({ 'instance-id': 'i-g1', 'local-hostname': 'g1' }));
  const ethernets = {
    nat: { match: { macaddress: '08:00:27:00:01:01' }, dhcp4: true },
    hostonly: { match: { macaddress: '08:00:27:00:01:02' }, addresses: [`${address}/24`] },
  };
  await writeFile(join(folder, 'network-config'), JSON.stringify({ version: 2, ethernets }));
  await execa('genisoimage', [
    '-quiet',
    '-output',
    join(lab, 'seed.iso'),
    '-volid',
    'cidata',
    '-joliet',
    '-rock',
    folder,
  ]);
  return join(lab, 'seed.iso');
}
