import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOuterEngine, outerEndpoint } from '../../../src/drivers/docker/outer-engine.js';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarmup-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const endpoint = (env: Record<string, string>, options = {}): Promise<string> =>
  outerEndpoint({ options, env: { HOME: home, ...env } });

async function writeContext(folder: string, name: string, meta: unknown): Promise<void> {
  const file = join(folder, 'contexts', 'meta', createHash('sha256').update(name).digest('hex'), 'meta.json');
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, JSON.stringify(meta));
}
const contextOf = (host: string): unknown => ({ Endpoints: { docker: { Host: host } } });

describe('outerEndpoint', () => {
  it('takes the option first, then DOCKER_HOST', async () => {
    const env = { DOCKER_HOST: 'unix:///from-env' };
    expect(await endpoint(env, { host: 'unix:///from-option' })).toBe('unix:///from-option');
    expect(await endpoint(env)).toBe('unix:///from-env');
    expect(await endpoint({ ...env, DOCKER_MACHINE_NAME: '' })).toBe('unix:///from-env');
  });

  it('ignores a DOCKER_HOST that points into a host of ours', async () => {
    const env = { DOCKER_HOST: 'tcp://172.30.0.2:2376', DOCKER_TLS_VERIFY: '1', DOCKER_MACHINE_NAME: 'manager' };
    expect(await endpoint(env)).toBe('unix:///var/run/docker.sock');
  });

  it('refuses a DOCKER_HOST with TLS', async () => {
    const refused = endpoint({ DOCKER_HOST: 'tcp://192.0.2.1:2376', DOCKER_TLS_VERIFY: '1' });
    await expect(refused).rejects.toMatchObject({ code: 'DOCKER_ENDPOINT_UNSUPPORTED', exitCode: 3 });
  });

  it.each(['tcp://192.0.2.1:2375', 'tcp://build.example:2375', 'tcp://[2001:db8::1]:2375'])(
    'refuses %s without TLS, unless that is accepted',
    async (host) => {
      const plain = { code: 'DOCKER_ENDPOINT_PLAIN', exitCode: 3 };
      await expect(endpoint({}, { host })).rejects.toMatchObject(plain);
      await expect(endpoint({ DOCKER_HOST: host })).rejects.toMatchObject(plain);
      expect(await endpoint({}, { host, 'plain-tcp': true })).toBe(host);
    },
  );

  it.each(['tcp://127.0.0.1:2375', 'tcp://localhost:2375', 'tcp://[::1]:2375'])(
    'takes %s, which is here',
    async (host) => {
      expect(await endpoint({}, { host })).toBe(host);
    },
  );

  it('follows the docker context, also in another folder and by another name', async () => {
    const usual = join(home, '.docker');
    await writeContext(usual, 'desktop', contextOf('unix:///desktop'));
    await writeFile(join(usual, 'config.json'), JSON.stringify({ currentContext: 'desktop' }));
    const other = join(home, 'other');
    await writeContext(other, 'lab', contextOf('unix:///lab'));
    expect(await endpoint({})).toBe('unix:///desktop');
    expect(await endpoint({ DOCKER_CONFIG: other, DOCKER_CONTEXT: 'lab' })).toBe('unix:///lab');
    expect(await endpoint({ DOCKER_CONTEXT: 'default' })).toBe('unix:///var/run/docker.sock');
    expect(await endpoint({ DOCKER_HOST: 'unix:///from-env' })).toBe('unix:///from-env');
  });

  it('says which context names no engine, and which file cannot be read', async () => {
    await expect(endpoint({ DOCKER_CONTEXT: 'gone' })).rejects.toMatchObject({
      code: 'DOCKER_CONTEXT_UNREADABLE',
      message: expect.stringContaining("the docker context 'gone' does not name an engine") as unknown,
    });
    await mkdir(join(home, '.docker'));
    await writeFile(join(home, '.docker', 'config.json'), '{');
    await expect(endpoint({})).rejects.toMatchObject({
      code: 'DOCKER_CONTEXT_UNREADABLE',
      message: expect.stringContaining(join(home, '.docker', 'config.json')) as unknown,
    });
  });
});

describe('openOuterEngine', () => {
  const ask = (at: string): Promise<unknown> => openOuterEngine(at).request('GET', '/info');

  it('says that there is no socket, and that nothing answers', async () => {
    const gone = join(home, 'gone.sock');
    await expect(ask(`unix://${gone}`)).rejects.toMatchObject({
      code: 'DOCKER_UNREACHABLE',
      exitCode: 3,
      message: `no Docker Engine on unix://${gone}: the socket does not exist`,
    });
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await expect(ask(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'DOCKER_UNREACHABLE',
      message: `no Docker Engine on tcp://127.0.0.1:${port}: nothing answers at this address`,
    });
  });

  it.each(['ssh://user@192.0.2.1', 'https://192.0.2.1', 'tcp://', 'docker', ''])('refuses %j', async (at) => {
    await expect(ask(at)).rejects.toMatchObject({ code: 'DOCKER_ENDPOINT_UNSUPPORTED', exitCode: 3 });
  });
});
