import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DriverContext, HostIdentity } from '../../../src/drivers/driver.js';
import { parseBelonging, type VirtualBoxState } from '../../../src/drivers/virtualbox/state.js';
import { createVirtualBoxDriver } from '../../../src/drivers/virtualbox/virtualbox-driver.js';
import { testIdentities } from '../../support/driver-context.js';
import { freePort, takePort } from '../../support/free-port.js';
import { hasQemuImg } from '../../support/vboxmanage/install.js';
import { stalledCalls } from '../../support/vboxmanage/service.js';
import { type DoubleBench, openDoubleBench } from './double-bench.js';

const { identity } = testIdentities();

describe.skipIf(!hasQemuImg)('virtualbox driver', { timeout: 120_000 }, () => {
  let bench: DoubleBench;
  beforeEach(async () => {
    bench = await openDoubleBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const info = async (host: HostIdentity): Promise<string> => bench.vbox('showvminfo', host.id, '--machinereadable');

  it('makes hosts at once with addresses, ports and cards of their own, by few calls', async () => {
    const hosts = ['m1', 'm2', 'm3'].map(identity);
    await bench.driver.check(
      bench.context(),
      hosts.map(({ name }) => name),
    );
    bench.calls.length = 0;
    // Real copies take seconds: all are at it before the first one is done.
    let arrive = (): void => undefined;
    const allCopy = new Promise<void>((resolve) => {
      let missing = hosts.length;
      arrive = () => {
        missing -= 1;
        if (missing === 0) resolve();
      };
    });
    bench.onCall = async ([command]) => {
      if (command !== 'clonemedium') return;
      arrive();
      await allCopy;
    };
    // In whatever order they come, their addresses are in that of their names.
    const [three, one, two] = await Promise.all([2, 0, 1].map((i) => bench.create(hosts[i] ?? expect.fail())));
    const made = [one, two, three].map((host) => host ?? expect.fail());
    expect(made.map(({ privateAddresses: [address] }) => address)).toEqual([
      '192.168.56.50',
      '192.168.56.51',
      '192.168.56.52',
    ]);
    expect(new Set(made.map(({ ssh }) => ssh.port)).size).toBe(3);
    const text = await info(hosts[0] ?? expect.fail());
    expect(text).toMatch(/^nic1="nat"$/m);
    expect(text).toMatch(/^nictype2="virtio"$/m);
    const console = bench.driver.consoleFile?.(bench.state(hosts[0] ?? expect.fail())) ?? expect.fail();
    expect(text).toContain(`uart1="0x03f8,4"\nuartmode1="file,${console}"`);
    expect(await readFile(console, 'utf8')).toContain('m1 begins');
    expect(text).toMatch(/^hostonlyadapter2="vboxnet0"$/m);
    expect(text).toMatch(/^macaddress2="080027A838\d\d"$/m);
    expect(text).toMatch(/^storagecontrollertype0="VirtioSCSI"$/m);
    expect(text).toMatch(/^"disk-1-0"=".*seed\.iso"$/m);
    expect(bench.calls.filter(([command]) => command === 'hostonlyif')).toHaveLength(2);
    // They look once together; VirtualBox forgets the image when the last of them has copied it.
    const called = (...args: string[]): number =>
      bench.calls.filter((call) => args.every((arg, i) => call[i] === arg)).length;
    expect([called('list', 'hostonlyifs'), called('list', '--long', 'vms'), called('closemedium')]).toEqual([1, 1, 1]);
    expect([called('createvm'), called('modifyvm'), called('clonemedium'), called('startvm')]).toEqual([3, 3, 3, 3]);
    expect(bench.calls.length).toBeLessThanOrEqual(3 * 10 + 5);
    for (const host of hosts) await bench.remove(host);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('brings the service up by one call: those that meet there would stall for 10 s', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await openDoubleBench({ env: { VBOX_DOUBLE_SERVICE: 'comes-and-goes' } });
    const hosts = ['m1', 'm2', 'm3'].map(identity);
    const names = hosts.map(({ name }) => name);
    await bench.driver.check(bench.context(), names);
    await Promise.all(hosts.map((host) => bench.create(host)));
    // It has ended by then.
    await sleepFor(6000);
    await Promise.all(hosts.map((host) => bench.remove(host)));
    expect(stalledCalls(bench.tool.home)).toEqual([]);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('looks at its own machines alone, by a list that takes no lock, and one call for each', async () => {
    await bench.withHost(async (host) => {
      const looks = async (): Promise<readonly string[]> => {
        bench.calls.length = 0;
        await bench.inspect(host);
        return bench.calls.map((call) => call.join(' '));
      };
      const own = `showvminfo ${host.id} --machinereadable`;
      expect(await looks()).toEqual(['list runningvms', own]);
      await bench.driver.stop(bench.context(), bench.state(host), { force: true });
      expect(await looks()).toEqual(['list runningvms', own]);
      // Somebody of ours works on it: then the list is asked, which takes longer and no lock.
      const context = bench.context();
      await context.exclusive(`vm-${host.id}`, async () => {
        expect(await bench.inspect(host)).toBe('stopped');
        expect(await looks()).toEqual(['list runningvms', 'list --long vms']);
      });
    });
  });

  it('passes on sizes, disks, ports and shared folders', async () => {
    const port = await freePort();
    const options = {
      memory: 512,
      'cpu-count': 1,
      'extra-disk': ['100', '200'],
      port: [`${String(port)}:80`],
      'share-folder': [`${bench.image.replace(/\/[^/]*$/, '')}:data`],
    };
    await bench.withHost(async (host) => {
      const text = await info(host);
      expect(text).toMatch(/^memory=512$/m);
      expect(text).toMatch(/^cpus=1$/m);
      expect(text).toMatch(/^"disk-3-0"=".*extra-2\.vdi"$/m);
      expect(text).toContain(`="tcp-${String(port)},tcp,127.0.0.1,${String(port)},,80"`);
      expect(text).toMatch(/^SharedFolderNameMachineMapping1="data"$/m);
    }, options);
  });

  it('shuts down, or cuts the power of a host that does not', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await openDoubleBench({ env: { VBOX_DOUBLE_ACPI: 'ignored' } });
    await bench.withHost(async (host) => {
      const patient = bench.context({ 'stop-timeout': 2, 'power-off': false });
      await expect(bench.driver.stop(patient, bench.state(host), { force: false })).rejects.toMatchObject({
        code: 'STOP_TIMEOUT',
        hints: ['cut its power: swarmup kill m1'],
      });
      expect(await bench.inspect(host)).toBe('running');
      await bench.driver.stop(bench.context({ 'stop-timeout': 2 }), bench.state(host), { force: false });
      expect(await bench.inspect(host)).toBe('stopped');
    });
  });

  it.each([
    ['paused', [['controlvm', 'pause']], 'paused'],
    ['saved', [['controlvm', 'savestate']], 'stopped'],
  ])('starts, stops and removes a host that is %s', async (_, commands, state) => {
    await bench.withHost(async (host) => {
      const enter = async (): Promise<void> => {
        for (const [command = '', ...args] of commands) await bench.vbox(command, host.id, ...args);
      };
      await enter();
      expect(await bench.inspect(host)).toBe(state);
      await bench.start(host);
      expect(await bench.inspect(host)).toBe('running');
      await enter();
      await bench.driver.stop(bench.context(), bench.state(host), { force: false });
      expect(await bench.inspect(host)).toBe('stopped');
      await bench.start(host);
      await enter();
    });
  });

  it('moves the port of ssh when somebody took it meanwhile', async () => {
    await bench.withHost(async (host) => {
      const before = bench.state(host).sshPort;
      await bench.driver.stop(bench.context(), bench.state(host), { force: true });
      const server = await takePort(before);
      try {
        const { ssh } = await bench.start(host);
        expect(ssh.port).not.toBe(before);
        expect(bench.state(host).sshPort).toBe(ssh.port);
        expect(await info(host)).toContain(`="ssh,tcp,127.0.0.1,${String(ssh.port)},,22"`);
      } finally {
        server.close();
      }
    });
  });

  it('takes, restores and removes snapshots; the port of ssh stays what it is', async () => {
    await bench.withHost(async (host) => {
      const { snapshots = expect.fail() } = bench.driver;
      const context = {
        ...bench.context(),
        save: async (state: object) => void bench.states.set(host.id, state as never),
      };
      const names = async (): Promise<string[]> =>
        (await snapshots.list(context, bench.state(host))).map(({ name }) => name);
      expect(await names()).toEqual([]);
      await snapshots.take(context, bench.state(host), 'fresh');
      await expect(snapshots.take(context, bench.state(host), 'fresh')).rejects.toMatchObject({
        code: 'SNAPSHOT_EXISTS',
        exitCode: 2,
      });
      const port = bench.state(host).sshPort;
      await bench.driver.stop(bench.context(), bench.state(host), { force: true });
      await bench.vbox('modifyvm', host.id, '--natpf1', 'delete', 'ssh', '--natpf1', 'ssh,tcp,127.0.0.1,22999,,22');
      await bench.start(host);
      expect(await bench.inspect(host)).toBe('running');
      await snapshots.restore(context, bench.state(host), 'fresh');
      expect(await bench.inspect(host)).toBe('running');
      expect(await info(host)).toContain(`="ssh,tcp,127.0.0.1,${String(bench.state(host).sshPort)},,22"`);
      expect(port).toBeGreaterThan(0);
      expect(await names()).toEqual(['fresh']);
      await expect(snapshots.restore(context, bench.state(host), 'frsh')).rejects.toMatchObject({
        code: 'SNAPSHOT_UNKNOWN',
        hints: ['did you mean fresh?'],
      });
      await snapshots.remove(context, bench.state(host), 'fresh');
      expect(await names()).toEqual([]);
      await snapshots.take(context, bench.state(host), 'left');
    });
  });

  it('makes linked clones of one master, which goes with the last of them', async () => {
    const hosts = ['m1', 'm2'].map(identity);
    await Promise.all(hosts.map((host) => bench.create(host, { 'linked-clone': true, 'extra-disk': ['100'] })));
    const [one, two] = hosts as [HostIdentity, HostIdentity];
    expect(bench.calls.filter(([command]) => command === 'clonemedium')).toHaveLength(1);
    expect(await info(two)).toMatch(/^"disk-0-0"=".*Snapshots.*"$/m);
    expect(await info(two)).toMatch(/^"disk-2-0"=".*extra-1\.vdi"$/m);
    await bench.remove(one);
    expect(await bench.inspect(two)).toBe('running');
    expect((await bench.vbox('list', 'vms')).match(/swarmup-master/g)).toHaveLength(1);
    await bench.remove(two);
    expect(await bench.leftovers()).toEqual([]);
  });

  describe('whose a machine is', () => {
    const ofSwarm = (swarm: string, owner = 'Anna Smith@laptop/3f9a21') => {
      const belongsTo = { swarm, id: randomUUID(), owner };
      const create = async (host: HostIdentity): Promise<void> => {
        const save = async (state: VirtualBoxState) => void bench.states.set(host.id, state);
        await bench.driver.create({ ...bench.context(), belongsTo, save }, host, bench.states.get(host.id));
      };
      return { belongsTo, create };
    };
    const namesIn = async (): Promise<readonly string[]> =>
      [...(await bench.vbox('list', 'vms')).matchAll(/^"(.*)"/gm)].map(([, name = '']) => name).sort();
    const marks = async ({ id }: HostIdentity) => {
      const text = await bench.vbox('getextradata', id, 'enumerate');
      const value = (key: string): string => new RegExp(`^Key: ${key}, Value: (.*)$`, 'm').exec(text)?.[1] ?? '';
      return [value('swarmup/machine'), parseBelonging(value('swarmup/belongs-to'))];
    };

    it('is said by its name and its extra data; equal names of swarms and owners do not meet', async () => {
      const [lab, web, other] = [ofSwarm('lab'), ofSwarm('web'), ofSwarm('lab', 'bob@desk/1b2c3d')];
      const [one, two, three] = [identity('m1'), identity('m1'), identity('m1')];
      await Promise.all([lab.create(one), web.create(two)]);
      await other.create(three);
      const theirs = `swarmup-lab-m1-${three.id.slice(0, 6)}`;
      expect(await namesIn()).toEqual(['swarmup-lab-m1', theirs, 'swarmup-web-m1'].sort());
      expect(await marks(one)).toEqual(['m1', lab.belongsTo]);
      expect(await marks(three)).toEqual(['m1', other.belongsTo]);
      await bench.remove(one);
      expect(await namesIn()).toEqual([theirs, 'swarmup-web-m1'].sort());
      expect(await bench.inspect(three)).toBe('running');
      // One that is made again keeps its place, and may have the name that is free now.
      await bench.vbox('controlvm', three.id, 'poweroff');
      await bench.vbox('unregistervm', three.id, '--delete');
      await other.create(three);
      expect(await namesIn()).toEqual(['swarmup-lab-m1', 'swarmup-web-m1']);
      for (const host of [two, three]) await bench.remove(host);
      expect(await bench.leftovers()).toEqual([]);
    });

    it('is known of one that was killed while its disk was copied', async () => {
      const lab = ofSwarm('lab');
      const host = identity('m1');
      bench.onCall = ([command]) =>
        command === 'clonemedium' ? Promise.reject(new Error('killed')) : Promise.resolve();
      await expect(lab.create(host)).rejects.toThrow('killed');
      expect(await marks(host)).toEqual(['m1', lab.belongsTo]);
      bench.onCall = () => Promise.resolve();
      // Also without its state, its own machine does not have its name.
      bench.states.delete(host.id);
      await lab.create(host);
      expect(await namesIn()).toEqual(['swarmup-lab-m1']);
      await bench.remove(host);
      expect(await bench.leftovers()).toEqual([]);
    });

    it('one of an older swarmup keeps its name', async () => {
      await bench.withHost(async (host) => {
        const { vmName, ...old } = bench.state(host);
        expect(vmName).toBe('swarmup-m1');
        await bench.driver.stop(bench.context(), old, { force: true });
        await bench.vbox('modifyvm', host.id, '--name', 'm1');
        bench.states.set(host.id, old);
        await bench.start(host);
        await bench.create(host);
        expect(await namesIn()).toEqual(['m1']);
      });
    });

    it.each(['', 'lab', 'lab anna', 'lab 1234 anna', `lab ${randomUUID()}`])('is not said by %j', (text) => {
      expect(parseBelonging(text)).toBeUndefined();
    });
  });

  describe('what others do to its machines', () => {
    it('a machine that was renamed is the same', async () => {
      await bench.withHost(async (host) => {
        await bench.driver.stop(bench.context(), bench.state(host), { force: true });
        await bench.vbox('modifyvm', host.id, '--name', 'renamed');
        await bench.start(host);
        expect(await bench.inspect(host)).toBe('running');
      });
    });

    it('a machine that has no serial port gets one with the next start', async () => {
      await bench.withHost(async (host) => {
        await bench.driver.stop(bench.context(), bench.state(host), { force: true });
        await bench.vbox('modifyvm', host.id, '--uart1', 'off');
        await bench.start(host);
        expect(await info(host)).toMatch(/^uartmode1="file,.*console\.log"$/m);
      });
    });

    it('a machine that was deleted is made anew', async () => {
      await bench.withHost(async (host) => {
        await bench.vbox('controlvm', host.id, 'poweroff');
        await bench.vbox('unregistervm', host.id, '--delete');
        expect(await bench.inspect(host)).toBe('absent');
        await bench.create(host);
        expect(await bench.inspect(host)).toBe('running');
      });
    });

    it('a machine that was taken out of the list keeps its files until rm', async () => {
      await bench.withHost(async (host) => {
        await bench.vbox('controlvm', host.id, 'poweroff');
        await bench.vbox('unregistervm', host.id);
        await expect(bench.create(host)).rejects.toMatchObject({ code: 'VM_UNREGISTERED', host: 'm1' });
        expect(await readdir(bench.state(host).folder)).toContain('disk.vdi');
      });
    });

    it('a machine of the same name that is not ours is left alone', async () => {
      await bench.vbox('createvm', '--name', 'swarmup-m1', '--ostype', 'Debian_64', '--register');
      const foreign = await bench.vbox('list', 'vms');
      const host = identity('m1');
      await bench.create(host);
      expect(await bench.inspect(host)).toBe('running');
      expect(await bench.vbox('list', 'vms')).toContain(`"swarmup-m1-${host.id.slice(0, 6)}" {${host.id}}`);
      await bench.remove(host);
      expect(await bench.vbox('list', 'vms')).toBe(foreign);
    });

    it('a machine whose settings are gone is an error, and can be removed', async () => {
      await bench.withHost(async (host) => {
        await bench.vbox('controlvm', host.id, 'poweroff');
        const settings = join(bench.state(host).folder, 'swarmup-m1', 'swarmup-m1.vbox');
        await rename(settings, `${settings}.gone`);
        expect(await bench.inspect(host)).toBe('error');
      });
    });

    it.each([
      ['has a letter that is not ASCII in its name', 'Büro', async () => undefined],
      [
        'has lost its files',
        'foreign',
        (machines: string) => rm(join(machines, 'foreign'), { recursive: true, force: true }),
      ],
    ])("a foreign machine that %s is in nobody's way", async (_, name, befalls) => {
      const machines = join(bench.folder, '..', 'foreign ones');
      await bench.vbox('createvm', '--name', name, '--ostype', 'Debian_64', '--basefolder', machines, '--register');
      await befalls(machines);
      const foreign = await bench.vbox('list', 'vms');
      const host = identity('m1');
      await bench.create(host);
      expect(await bench.inspect(host)).toBe('running');
      await bench.remove(host);
      expect(await bench.vbox('list', 'vms')).toBe(foreign);
    });

    it('a machine in a folder with letters that are not ASCII', async () => {
      const use = async (host: HostIdentity): Promise<void> => {
        expect(await bench.inspect(host)).toBe('running');
      };
      await bench.withHost(use, { folder: join(bench.folder, 'Büro') });
    });

    it('a machine that is missing from a list is not taken for gone', async () => {
      await bench.withHost(async (host) => {
        const context = bench.context();
        const cut: DriverContext = {
          ...context,
          run: async (file, args, more) => {
            const output = await context.run(file, args, more);
            return args[0] === 'list' && args.includes('vms') ? { ...output, stdout: '' } : output;
          },
        };
        const [status] = await bench.driver.inspect(cut, [bench.state(host)]);
        expect(status?.state).not.toBe('absent');
        await bench.driver.remove(cut, host, bench.state(host));
        expect(await bench.leftovers()).toEqual([]);
      });
    });

    it('a machine of another user is not touched', async () => {
      await bench.withHost(async (host) => {
        const other = createVirtualBoxDriver({ platform: 'linux', arch: 'x64', uid: 4711 });
        await expect(other.remove(bench.context(), host, bench.state(host))).rejects.toMatchObject({
          code: 'VM_OF_OTHER_USER',
          exitCode: 3,
        });
        expect(await bench.inspect(host)).toBe('running');
      });
    });
  });
});
