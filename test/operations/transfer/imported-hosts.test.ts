import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importMachines } from '../../../src/operations/transfer/import-machines.js';
import { restartHosts, startHosts } from '../../../src/operations/hosts/power.js';
import { provisionHosts } from '../../../src/operations/hosts/provision-hosts.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { debianUnit } from '../../bootstrap/facts-text.js';
import { type ExistingAddress, type Lab, openLab } from '../../support/lab.js';

/** As docker-machine leaves a host that it provisioned. */
const unit = `${debianUnit}
# /etc/systemd/system/docker.service.d/10-machine.conf
[Service]
ExecStart=
ExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2376 -H unix:///var/run/docker.sock --storage-driver overlay2 --tlsverify --tlscacert /etc/docker/ca.pem --tlscert /etc/docker/server.pem --tlskey /etc/docker/server-key.pem --label provider=generic
Environment=
`;

/** The store of docker-machine with one generic machine, imported. */
async function imported(lab: Lab): Promise<ExistingAddress> {
  const where = await lab.existing('web', { facts: { unit } });
  const from = join(lab.userHome, 'docker-machine');
  const folder = join(from, 'machines', 'web');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'id_rsa'), await readFile(where.keyFile));
  const driver = { IPAddress: where.host, SSHUser: 'root', SSHPort: where.port, SSHKeyPath: join(folder, 'id_rsa') };
  const config = { ConfigVersion: 3, DriverName: 'generic', Driver: { ...driver, EnginePort: 12_376 } };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const request = { from, dryRun: false, trust: { acceptNew: true } };
  const { machines } = await importMachines(lab.process().context, request);
  expect(machines).toMatchObject([{ name: 'web', driver: 'generic', status: 'imported' }]);
  // It lives on without the store it came from.
  await rm(from, { recursive: true });
  return where;
}

describe('a generic machine of docker-machine, imported', () => {
  it('is a host of the driver generic in every way', async () => {
    await using lab = await openLab();
    const where = await imported(lab);
    const { context } = lab.process();
    const { driverState, options, endpoint } = await lab.store.require('web');
    expect(endpoint).toMatchObject({
      host: where.host,
      port: where.port,
      hostKey: where.hostKey.split(' ', 2).join(' '),
    });
    const driver = await context.drivers.get('generic');
    const own = {
      options: await context.drivers.options('generic', options, {}),
      signal: context.signal,
      env: context.env,
    } as never;
    expect(await driver.inspect(own, [driverState])).toMatchObject([
      { state: 'running', description: { engineConfig: { tlsPort: 12_376 }, ssh: { port: where.port, user: 'root' } } },
    ]);
    expect(
      (await (await context.connect(await lab.store.require('web'))).exec('sh -s', { stdin: '# swarmup: read facts' }))
        .stdout,
    ).toContain('uid=0');
    expect((await startHosts(context, ['web'])).hosts).toEqual([{ name: 'web', status: 'unchanged' }]);
  });

  it('is provisioned by swarmup, and given back with what docker-machine put there', async () => {
    await using lab = await openLab();
    await imported(lab);
    let configured = '';
    lab.onText = (_, title, text) => {
      if (title === 'configure Docker') configured = text;
    };
    lab.onScript = (_, title) => (/^re(store|move)/.test(title) ? { stdout: 'result=changed\n' } : undefined);
    const { context } = lab.process();
    expect((await provisionHosts(context, { names: ['web'], dryRun: false })).hosts).toEqual([
      { name: 'web', status: 'provisioned' },
    ]);
    expect(configured).toMatch(
      /ExecStart=\/usr\/bin\/dockerd -H unix:\/\/\/var\/run\/docker\.sock --storage-driver overlay2 --label provider=generic -H tcp:\/\/0\.0\.0\.0:12376 --tlsverify/,
    );
    expect((await lab.store.require('web')).engine).toEqual({ url: 'tcp://127.0.0.1:12376', certPath: 'certs' });
    expect((await removeHosts(context, { names: ['web'], force: false })).hosts).toEqual([
      { name: 'web', status: 'removed' },
    ]);
    expect(lab.host('web').scripts.at(-1)).toBe('restore Docker');
  });

  it('is rebooted by ssh', async () => {
    await using lab = await openLab();
    await imported(lab);
    let boot = 1;
    lab.onScript = (_, title) => {
      if (title === 'reboot') boot = 2;
      return title === 'read the boot ID' ? { stdout: `${boot}\n` } : title === 'reboot' ? {} : undefined;
    };
    expect((await restartHosts(lab.process().context, ['web'])).hosts).toEqual([{ name: 'web', status: 'restarted' }]);
  });

  it('joins a swarm no more than any host that exists: by its address, under another name', async () => {
    await using lab = await openLab();
    const where = await imported(lab);
    const asked = {
      driver: 'generic',
      addresses: { m: { host: where.host, port: where.port } },
      driverOptions: { 'generic-ssh-key': where.keyFile },
      trust: { acceptNew: true },
    };
    await expect(lab.create('m', asked)).rejects.toMatchObject({
      code: 'HOST_TAKEN',
      hints: [expect.stringContaining('swarmup rm web')],
    });
  });
});
