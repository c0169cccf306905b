import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverContext, HostDescription, OptionValues } from '../../../src/drivers/driver.js';
import { genericDeclaration } from '../../../src/drivers/generic/declaration.js';
import { createGenericDriver } from '../../../src/drivers/generic/generic-driver.js';
import type { GenericState } from '../../../src/drivers/generic/generic-state.js';
import { createRegistry } from '../../../src/drivers/registry.js';
import { driverContract } from '../../../src/drivers/testing/driver-contract.js';
import { loginSession } from '../../../src/ssh/log-in.js';
import { driverContexts, testIdentities } from '../../support/driver-context.js';
import { startSshHost, type SshHost } from '../../support/ssh-host.js';

let home: string;
let host: SshHost;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarmup-generic-'));
  await mkdir(join(home, '.ssh'));
  host = await startSshHost({ commands: [{ match: 'hostname', reply: { stdout: 'theirs\n' } }] });
  await writeFile(join(home, '.ssh', 'id_ed25519'), host.target.privateKey, { mode: 0o600 });
});
afterAll(async () => {
  await host.close();
  await rm(home, { recursive: true });
});

const { identity } = testIdentities();
const contextOf = (options: OptionValues, signal?: AbortSignal): DriverContext => ({
  ...driverContexts(options, home)(signal),
  env: { HOME: home, USER: 'me' },
});
const here = (): OptionValues => ({ 'ip-address': '127.0.0.1', 'ssh-port': host.target.port });

driverContract(
  {
    driver: createGenericDriver,
    context: (signal, log) => ({ ...contextOf(here(), signal), log }),
    identity: () => identity('web'),
    connect: async ({ name }, { ssh }) => {
      const nobody = {
        passphrase: async () => undefined,
        acceptHostKey: async () => true,
        sudoPassword: async () => undefined,
      };
      const { connection, hostKey } = await loginSession({}, nobody).logIn(
        { name, address: { ...ssh, login: ssh.login ?? expect.fail('no login') } },
        new AbortController().signal,
      );
      expect((await connection.exec('hostname')).stdout).toBe('theirs\n');
      expect(host.target.hostKey).toContain(hostKey);
      await connection[Symbol.asyncDispose]();
    },
    leftovers: () => Promise.resolve([]),
  },
  { describe, it },
);

const locate = (options: OptionValues, name = 'web'): Promise<HostDescription> =>
  createGenericDriver().locate?.(contextOf(options), { id: randomUUID(), name }) ?? expect.fail('it cannot locate');

describe('the generic driver', () => {
  it("reads docker-machine's environment variables", async () => {
    const registry = createRegistry([
      { declaration: genericDeclaration, load: () => Promise.resolve(createGenericDriver() as never) },
    ]);
    const env = {
      GENERIC_IP_ADDRESS: '10.0.0.1',
      GENERIC_SSH_USER: 'ops',
      GENERIC_SSH_KEY: join(home, '.ssh', 'id_ed25519'),
      GENERIC_SSH_PORT: '8022',
      GENERIC_ENGINE_PORT: '12376',
    };
    expect(await locate(await registry.options('generic', {}, env))).toMatchObject({
      ssh: {
        host: '10.0.0.1',
        port: 8022,
        user: 'ops',
        login: { identityFiles: [env.GENERIC_SSH_KEY], identitiesOnly: true },
      },
      engine: { host: '10.0.0.1', port: 12_376 },
      engineConfig: { tlsPort: 12_376 },
      privateAddresses: ['10.0.0.1'],
    });
  });

  it('takes a host by its name in ~/.ssh/config, and wants an address of any other', async () => {
    await writeFile(join(home, '.ssh', 'config'), 'Host web\n HostName 192.0.2.7\n User ops\n Port 222\n');
    expect((await locate({})).ssh).toMatchObject({ host: '192.0.2.7', user: 'ops', port: 222 });
    await expect(locate({}, 'db')).rejects.toMatchObject({ code: 'ADDRESS_MISSING', exitCode: 2 });
    await rm(join(home, '.ssh', 'config'));
  });

  it('wants a key file that can be read, and takes one below the home folder', async () => {
    await expect(locate({ ...here(), 'ssh-key': join(home, 'none') })).rejects.toMatchObject({
      code: 'SSH_KEY_MISSING',
      exitCode: 2,
    });
    const { ssh } = await locate({ ...here(), 'ssh-key': '~/.ssh/id_ed25519' });
    expect(ssh.login?.identityFiles).toEqual([join(home, '.ssh', 'id_ed25519')]);
  });

  it('keeps what it resolved when ~/.ssh/config changes later', async () => {
    const driver = createGenericDriver();
    let state: GenericState | undefined;
    const save = async (saved: GenericState): Promise<void> => {
      state = saved;
    };
    const made = await driver.create({ ...contextOf(here()), save }, identity('web'), undefined);
    const again = await driver.create({ ...contextOf({ 'ip-address': 'moved' }), save }, identity('web'), state);
    expect(again).toEqual(made);
  });

  it('says of a host that does not answer why', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const ssh = { host: '127.0.0.1', port, user: 'root', login: (await locate(here())).ssh.login ?? expect.fail() };
    expect(await createGenericDriver().inspect(contextOf({}), [{ ssh, enginePort: 2376 }])).toEqual([
      { state: 'error', detail: `SSH at 127.0.0.1:${port} does not answer: connection refused` },
    ]);
  });
});
