import { writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kvmProblems } from '../../../src/drivers/virtualbox/check-host.js';
import { createVirtualBoxDriver } from '../../../src/drivers/virtualbox/virtualbox-driver.js';
import { testIdentities } from '../../support/driver-context.js';
import { hasQemuImg } from '../../support/vboxmanage/install.js';
import { type DoubleBench, openDoubleBench } from './double-bench.js';

const { identity } = testIdentities();

describe.skipIf(!hasQemuImg)('virtualbox driver under bad conditions', { timeout: 120_000 }, () => {
  let bench: DoubleBench;
  beforeEach(async () => {
    bench = await openDoubleBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const check = async (options = {}, names = ['m1']) => bench.driver.check(bench.context(options), names);

  it('no VirtualBox at all', async () => {
    const context = { ...bench.context(), env: { PATH: '/nowhere' } };
    const elsewhere = createVirtualBoxDriver({ platform: 'win32', arch: 'x64', uid: undefined });
    expect(await elsewhere.check(context, ['m1'])).toMatchObject([{ severity: 'error', code: 'VIRTUALBOX_MISSING' }]);
  });

  it('an old VirtualBox', async () => {
    const run = async () => ({ exitCode: 0, stdout: '6.1.50r161033', stderr: '' });
    expect(await bench.driver.check({ ...bench.context(), run }, ['m1'])).toMatchObject([
      { severity: 'error', code: 'VIRTUALBOX_OLD', message: expect.stringMatching(/6\.1\.50/) as unknown },
    ]);
  });

  it('no kernel module', async () => {
    await bench.tool.fail({ kind: 'no-vboxdrv', times: 99 });
    expect(await check()).toMatchObject([
      {
        severity: 'error',
        code: 'KERNEL_MODULE_MISSING',
        hints: [expect.stringMatching(/modprobe/) as unknown, expect.anything() as unknown],
      },
    ]);
  });

  it('a range that VirtualBox forbids', async () => {
    expect(await check({ 'hostonly-cidr': '10.7.7.1/24' })).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'HOSTONLY_FORBIDDEN' }),
    );
  });

  it('more memory than there is', async () => {
    expect(await check({ memory: 100_000 }, ['a', 'b', 'c', 'd'])).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'MEMORY_SHORT' }),
    );
  });

  it('no port left for ssh', async () => {
    await bench.vbox('createvm', '--name', 'greedy', '--ostype', 'Debian_64', '--register');
    const rules = Array.from({ length: 500 }, (_, i) => ['--natpf1', `p${String(i)},tcp,,${String(22_200 + i)},,22`]);
    await bench.vbox('modifyvm', 'greedy', '--nic1', 'nat', ...rules.flat());
    const host = identity('m1');
    await expect(bench.create(host)).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED', exitCode: 3 });
    await bench.remove(host);
    await bench.vbox('unregistervm', 'greedy', '--delete');
    expect(await bench.leftovers()).toEqual([]);
  });

  it.each([
    [
      'machines of KVM run',
      'kvm_amd 221184 4',
      [{ severity: 'warning', code: 'VTX_BUSY', hints: [expect.stringMatching(/rmmod kvm_amd$/) as unknown] }],
    ],
    ['KVM is merely loaded', 'kvm_intel 479232 0', []],
    ['there is no KVM', 'overlay 1 2', []],
  ])('%s: told beforehand', (_, line, problems) => {
    expect(kvmProblems(`irqbypass 16384 1 kvm, Live 0x0\n${line} - Live 0x0\n`)).toMatchObject(problems);
  });

  it('one port of this computer for several hosts, before anything is made', async () => {
    await expect(check({ port: ['18080:80'] }, ['m1', 'm2', 'm3'])).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      exitCode: 2,
      message: expect.stringMatching(
        /^--virtualbox-port 18080:80: port 18080 .* to only one host, not to 3$/,
      ) as unknown,
    });
    expect(await check({ port: ['18080:80'] })).toMatchObject([{ severity: 'info' }]);
  });

  it('counts memory for hosts that have no machine yet, not for those that only share their name', async () => {
    await bench.withHost(async (host) => {
      const memory = Math.floor((0.6 * totalmem()) / 2 ** 20);
      const codesOf = async (peers: readonly unknown[]): Promise<readonly string[]> => {
        const context = { ...bench.context({ memory }), peers: async () => peers };
        return (await bench.driver.check(context, ['m1', 'm2'])).map(({ code }) => code);
      };
      expect(await codesOf([])).toContain('MEMORY_SHORT');
      expect(await codesOf([bench.state(host)])).not.toContain('MEMORY_SHORT');
      await bench.vbox('createvm', '--name', 'swarmup-m2', '--ostype', 'Debian_64', '--register');
      expect(await codesOf([])).toContain('MEMORY_SHORT');
      await bench.vbox('unregistervm', 'swarmup-m2', '--delete');
    });
  });

  it('an image that nobody knows', async () => {
    await expect(check({ image: 'debian-21' })).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN', exitCode: 2 });
  });

  it.each([
    ['an image that is no disk', { image: '/etc/passwd' }, 'IMAGE_UNSUPPORTED', 3],
    ['an image file that is not there', { image: './nowhere.qcow2' }, 'IMAGE_FILE_MISSING', 2],
    ['a folder to share that is not there', { 'share-folder': ['/nowhere:data'] }, 'SHARE_UNUSABLE', 2],
    ['a cloud-config that is not there', { 'cloud-config': '/nowhere' }, 'CLOUD_CONFIG_INVALID', 2],
  ])('%s: told by the check', async (_, options, code, exitCode) => {
    // What is wrong with the command line ends it; the rest is a finding.
    if (exitCode === 2) await expect(check(options)).rejects.toMatchObject({ code, exitCode });
    else expect(await check(options)).toMatchObject([{ severity: 'error', code }]);
  });

  it.each([
    [
      'no rights for host-only networks',
      { kind: 'no-vboxnetctl', times: 9 },
      { code: 'HOSTONLY_UNAVAILABLE', exitCode: 3 },
    ],
    [
      'a processor that KVM holds',
      { kind: 'vtx-in-use', times: 9 },
      {
        code: 'VTX_UNAVAILABLE',
        exitCode: 3,
        hints: expect.arrayContaining([expect.stringMatching(/rmmod/)]) as unknown,
      },
    ],
    ['a processor that Hyper-V holds', { kind: 'hyper-v', times: 9 }, { code: 'VTX_UNAVAILABLE', exitCode: 3 }],
    ['a full disk', { kind: 'disk-full', times: 9 }, { code: 'DISK_FULL', exitCode: 3 }],
    ['a machine that does not start', { kind: 'start-fails', times: 9 }, { code: 'VBOX_FAILED', exitCode: 1 }],
    [
      'a service that does not come up',
      { kind: 'svc-gone', command: 'createvm', times: 9 },
      { code: 'VBOXSVC_GONE', exitCode: 1 },
    ],
    [
      'a machine that is locked',
      { kind: 'lock-pending', command: 'modifyvm', times: 9 },
      { code: 'VM_LOCKED', exitCode: 1 },
    ],
  ] as const)('%s: told, and rm removes what was made', async (_, fault, error) => {
    const host = identity('m1');
    await bench.tool.fail(fault);
    await expect(bench.create(host)).rejects.toMatchObject(error);
    await bench.tool.fail();
    await bench.remove(host);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('windows that are not installed', async () => {
    const host = identity('m1');
    await expect(bench.create(host, { 'ui-type': 'gui' })).rejects.toMatchObject({
      code: 'UI_MISSING',
      exitCode: 3,
      hints: expect.arrayContaining([expect.stringContaining('--virtualbox-ui-type headless')]) as unknown,
    });
    await bench.remove(host);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('failures that pass are not seen', async () => {
    await bench.tool.fail(
      { kind: 'svc-gone', command: 'createvm', times: 2 },
      { kind: 'lock-pending', command: 'modifyvm', times: 2 },
    );
    await bench.withHost(async (host) => {
      await bench.tool.fail({ kind: 'truncated', command: 'showvminfo', times: 2 });
      await bench.driver.stop(bench.context(), bench.state(host), { force: true });
      expect(await bench.inspect(host)).toBe('stopped');
    });
  });

  it('a bad image, before anything is made', async () => {
    await writeFile(bench.image, '<html>not found</html>'.padEnd(2000));
    const host = identity('m1');
    await expect(bench.create(host)).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED', exitCode: 3 });
    expect(bench.states.size).toBe(0);
    expect(await bench.leftovers()).toEqual([]);
  });
});
