import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { virtualBoxOptions } from '../../../src/drivers/virtualbox/options.js';
import { hostOnlyMac, macAddresses } from '../../../src/drivers/virtualbox/state.js';
import type { ListedVm } from '../../../src/drivers/virtualbox/tool/parse.js';
import { chooseAddress, parsePolicy, requireAllowedRange } from '../../../src/drivers/virtualbox/vm/host-only.js';
import { chooseSshPort, requireFreePorts } from '../../../src/drivers/virtualbox/vm/ports.js';

const range = (cidr: string) => virtualBoxOptions({ 'hostonly-cidr': cidr }).hostOnly;
const vm = (more: Partial<ListedVm>): ListedVm => ({
  uuid: 'u',
  name: 'n',
  state: 'running',
  macs: [],
  rules: [],
  ...more,
});

describe('the range of a host-only network', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-policy-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['192.168.56.1/24', undefined, true],
    ['192.168.63.1/24', undefined, true],
    ['192.168.99.1/24', undefined, false],
    ['10.1.1.1/24', '* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64\n', true],
    ['192.168.99.1/24', '# comment\n* 10.0.0.0/8\n', false],
    ['10.9.9.1/24', '*\n', true],
    ['10.9.9.1/24', '', false],
  ])('%s with networks.conf %j: %s', async (cidr, text, allowed) => {
    const file = join(folder, 'networks.conf');
    await rm(file, { force: true });
    if (text !== undefined) await writeFile(file, text);
    const asked = requireAllowedRange(range(cidr), { platform: 'linux' }, file);
    if (allowed) await asked;
    else
      await expect(asked).rejects.toMatchObject({
        code: 'HOSTONLY_FORBIDDEN',
        exitCode: 3,
        message: expect.stringContaining(file) as unknown,
        hints: expect.arrayContaining([expect.stringContaining(`sudo tee -a ${file}`)]) as unknown,
      });
    await requireAllowedRange(range(cidr), { platform: 'win32' }, file);
  });

  it('is read from lines that begin with a star', () => {
    expect(parsePolicy(' * 10.0.0.0/8  fd00::/8 # mine\n10.1.0.0/16\n* nonsense\n')).toEqual([
      '10.0.0.0/8',
      'fd00::/8',
    ]);
  });
});

describe('addresses', () => {
  it('are told by the cards of all machines, so that none is given twice', () => {
    const net = range('192.168.56.1/24');
    const taken: ListedVm[] = [];
    const given = Array.from({ length: 90 }, () => {
      const address = chooseAddress(net, taken);
      taken.push(vm({ macs: [hostOnlyMac(address)] }));
      return address;
    });
    expect(given[0]).toBe('192.168.56.50');
    expect(new Set(given).size).toBe(90);
    expect(given.every((address) => Number(address.split('.')[3]) < 100)).toBe(true);
    expect(() => chooseAddress(net, taken)).toThrow(
      expect.objectContaining({ code: 'ADDRESSES_EXHAUSTED', exitCode: 3 }) as Error,
    );
  });

  it('are left to those who come later, as long as there are enough', () => {
    const net = range('192.168.60.2/29');
    expect([0, 1, 2, 9].map((left) => chooseAddress(net, [], { left }))).toEqual([
      ...['192.168.60.3', '192.168.60.4', '192.168.60.5', '192.168.60.6'],
    ]);
  });

  it('of a small network leave out this computer, network and broadcast', () => {
    const net = range('192.168.60.2/29');
    const taken: ListedVm[] = [];
    for (const address of ['192.168.60.3', '192.168.60.4', '192.168.60.5', '192.168.60.6']) {
      expect(chooseAddress(net, taken)).toBe(address);
      taken.push(vm({ macs: [hostOnlyMac(address)] }));
    }
    expect(() => chooseAddress(net, taken)).toThrow();
  });

  it('make MAC addresses of VirtualBox, unicast', () => {
    const macs = macAddresses({ vm: '11111111-1111-4111-8111-111111111111', address: '192.168.56.50' });
    expect(macs.hostOnly).toBe('080027A83832');
    expect(macs.nat).toMatch(/^080027[0-9A-F]{6}$/);
  });
});

describe('ports', () => {
  it('are not those of other machines, nor of programs', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const rule = { name: 'ssh', protocol: 'tcp', hostIp: '127.0.0.1', hostPort: port + 1 };
    try {
      const vms = [vm({ state: 'powered off', rules: [rule] })];
      expect(await chooseSshPort(vms, '00000000-', { first: port, last: port + 20 })).toBeGreaterThan(port + 1);
      // The last one of the range, and then from its beginning on.
      expect(await chooseSshPort([], '0000000a-', { first: port - 10, last: port })).not.toBe(port);
      const none = chooseSshPort(vms, '00000000-', { first: port, last: port + 1 });
      await expect(none).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED', exitCode: 3 });
      for (const taken of [port, port + 1]) {
        const { ports } = virtualBoxOptions({ port: [`${String(taken)}:80`] });
        await expect(requireFreePorts(ports, vms)).rejects.toMatchObject({ code: 'PORT_TAKEN', exitCode: 3 });
      }
    } finally {
      server.close();
    }
  });
});

describe('options', () => {
  it('are read by type', () => {
    const options = virtualBoxOptions({
      port: ['8080:80', '0.0.0.0:5353:53/udp'],
      'share-folder': ['/srv/data:data'],
      'extra-disk': ['1000'],
    });
    expect(options).toMatchObject({
      hostOnly: { address: '192.168.56.1', netmask: '255.255.255.0', network: '192.168.56.0/24' },
      ports: [
        { name: 'tcp-8080', hostIp: '127.0.0.1', hostPort: 8080, guestPort: 80 },
        { protocol: 'udp', hostIp: '0.0.0.0', hostPort: 5353, guestPort: 53 },
      ],
      shares: [{ path: '/srv/data', name: 'data' }],
      extraDisksMB: [1000],
      stopTimeoutMs: 90_000,
    });
  });

  it.each([
    ['port', ['99999:80'], /--virtualbox-port: '99999:80' is not/],
    ['port', ['80'], /--virtualbox-port/],
    ['port', ['8080:80', '127.0.0.2:8080:81'], /'127\.0\.0\.2:8080:81' is not a separate port of this computer/],
    ['share-folder', ['/srv'], /--virtualbox-share-folder: '\/srv' is not PATH:NAME/],
    ['extra-disk', ['big'], /--virtualbox-extra-disk/],
    ['hostonly-cidr', '192.168.56.0/24', /the address of the network itself/],
    ['hostonly-cidr', 'fd00::1/64', /IPv4/],
    ['ssh-user', 'root', /other than root/],
  ])('%s of %j is refused', (name, value, message) => {
    const error = { code: 'OPTION_INVALID', exitCode: 2, message: expect.stringMatching(message) as unknown };
    expect(() => virtualBoxOptions({ [name]: value })).toThrow(expect.objectContaining(error) as Error);
  });
});
