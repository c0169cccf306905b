import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createContexts } from '../../../src/operations/clients/change-contexts.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { createHosts } from '../../../src/operations/create/create-hosts.js';
import { startHosts, stopHosts } from '../../../src/operations/hosts/power.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { openLab } from '../../support/lab.js';

it('docker contexts follow their hosts when those are created again, started elsewhere and removed', async () => {
  const home = await mkdtemp(join(tmpdir(), 'swarmup-contexts-'));
  try {
    await using lab = await openLab();
    const context: OperationContext = { ...lab.process().context, env: { HOME: home } };
    const urls = async (): Promise<Record<string, string>> => {
      const folder = join(home, '.docker', 'contexts', 'meta');
      const texts = await Promise.all(
        (await readdir(folder)).map((id) => readFile(join(folder, id, 'meta.json'), 'utf8')),
      );
      const metas = texts.map((text) => JSON.parse(text) as { Name: string; Endpoints: { docker: { Host: string } } });
      return Object.fromEntries(metas.map(({ Name, Endpoints }) => [Name, Endpoints.docker.Host]));
    };
    const request = lab.request(['a', 'b'], { swarm: null, tls: true });
    await createHosts(context, request);
    await createContexts(context, [], { ssh: false, check: false, dryRun: false });
    const { a: before = '', b: other = '' } = await urls();
    expect(before).toMatch(/^tcp:\/\/127\.0\.0\.1:2376$/);

    // Its driver gives it another address, as those of clouds and of VirtualBox do.
    await stopHosts(context, ['a']);
    const host = [...lab.world.hosts.values()].find(({ identity }) => identity.name === 'a');
    if (host === undefined) throw new Error('a is not there');
    const description = { ...host.description, engine: { host: '127.0.0.2', port: 2376 } };
    lab.world.hosts.set(host.identity.id, { ...host, description });
    expect((await startHosts(context, ['a'])).hosts).toEqual([{ name: 'a', status: 'started' }]);
    expect(await urls()).toEqual({ a: 'tcp://127.0.0.2:2376', b: other });
    // With a certificate for it.
    expect(lab.host('a').scripts.filter((title) => title === 'configure Docker')).toHaveLength(2);

    // A context of an address that is not b's any more.
    const stale = { url: 'tcp://127.0.0.9:2376', certPath: 'certs' };
    await context.store.update('b', (record) => ({ ...record, engine: stale }));
    await createContexts(context, ['b'], { ssh: false, check: false, dryRun: false });
    expect(await urls()).toMatchObject({ b: stale.url });
    await createHosts(context, request);
    expect(await urls()).toEqual({ a: 'tcp://127.0.0.2:2376', b: other });

    await removeHosts(context, { names: ['a'], force: false });
    expect(await urls()).toEqual({ b: other });
  } finally {
    await rm(home, { recursive: true });
  }
});
