import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInDrivers } from '../../../src/drivers/built-in.js';
import type { SshAddress } from '../../../src/lib/ssh-login.js';
import { importMachines } from '../../../src/operations/transfer/import-machines.js';
import { namesOwnFilesOnly } from '../../../src/operations/transfer/plugin-record.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
let logins: SshAddress[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-store-'));
  logins = [];
});
afterEach(() => rm(folder, { recursive: true }));

const generic = { IPAddress: '192.0.2.1', SSHUser: 'admin', SSHPort: 22, EnginePort: 2376 };

async function importOf(config: object, prepare: (machine: string) => Promise<void> = () => Promise.resolve()) {
  const machine = join(folder, 'store', 'machines', 'web');
  await mkdir(machine, { recursive: true });
  await writeFile(join(machine, 'config.json'), JSON.stringify({ ConfigVersion: 3, DriverName: 'generic', ...config }));
  await prepare(machine);
  const context = operationContext(folder, builtInDrivers, {
    enroll: (_name, address) => {
      logins.push(address);
      const { host, port, user } = address;
      const endpoint = { host, port, user, hostKey: 'ssh-ed25519 AAAA' };
      return Promise.resolve({ endpoint, runner: undefined as never });
    },
  });
  const request = { from: join(folder, 'store'), dryRun: false, trust: {} };
  return { context, machines: (await importMachines(context, request)).machines };
}

describe('a docker-machine store of somebody else', () => {
  it.each<[string, object]>([
    ['SSHUser', { Driver: { ...generic, SSHUser: 'root\nMatch all exec "touch evil"' } }],
    ['SSHUser', { Driver: { ...generic, SSHUser: '-oProxyCommand=evil' } }],
    ['address', { Driver: { ...generic, IPAddress: '192.0.2.1\n  ProxyCommand evil' } }],
    ['port', { Driver: { ...generic, SSHPort: 70_000 } }],
    ['DriverName', { DriverName: '../evil', Driver: generic }],
    ['SANs', { Driver: generic, HostOptions: { AuthOptions: { ServerCertSANs: ['a\nevil'] } } }],
  ])('is refused for its %s before anybody logs in, without a word of it', async (field, config) => {
    const { machines, context } = await importOf(config);
    expect(machines).toMatchObject([{ status: 'failed', error: { code: 'MACHINE_BROKEN' } }]);
    expect(machines[0]?.error?.message).toContain(field);
    expect(machines[0]?.error?.message).not.toContain('evil');
    expect(logins).toEqual([]);
    expect(await context.store.read('web')).toBeUndefined();
  });

  it.each(['by its path', 'by a symbolic link'])('gets no key of the user %s', async (way) => {
    const own = join(folder, 'id_own');
    const { privateKey } = generateSshKey('own');
    await writeFile(own, privateKey);
    const { context } = await importOf({ Driver: { ...generic, SSHKeyPath: own } }, (machine) =>
      way === 'by its path' ? Promise.resolve() : symlink(own, join(machine, 'id_rsa')),
    );
    expect(logins[0]?.login?.identityFiles).toEqual([]);
    expect(await context.store.readSecret('web', 'id_ed25519')).toBeUndefined();
    expect(await readFile(own, 'utf8')).toBe(privateKey);
  });

  it.each<[boolean, object]>([
    [true, { StorePath: '/s', SSHKeyPath: '/s/machines/m/id_rsa', Token: 'x', Nested: [{ Path: '/s/x' }] }],
    [false, { StorePath: '/s', DiskPath: '/home/me' }],
    [false, { StorePath: '/s', DiskPath: '/s/../home/me' }],
    [false, { DiskPath: '../x' }],
    [false, { StorePath: '/s', Nested: [{ Path: '~/x' }] }],
  ])('is given to its plugin: %s, of %j', (isOwn, config) => {
    expect(namesOwnFilesOnly(config)).toBe(isOwn);
  });
});
