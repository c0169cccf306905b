import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { hostEnv, unsetEnv } from '../../../src/operations/clients/env.js';
import {
  activeHost,
  hostAddresses,
  hostStates,
  hostUrls,
  inspectHost,
} from '../../../src/operations/hosts/host-queries.js';
import { listDrivers } from '../../../src/operations/drivers/list-drivers.js';
import { machineRecord } from '../../machine/machine-record.js';
import { writeClientFiles } from '../../support/client-files.js';
import { fakeDriverEntry, fakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';
import { tlsEngine } from '../../support/tls-engine.js';

let folder: string;
let context: OperationContext;
const world = fakeWorld();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queries-'));
  context = operationContext(folder, [fakeDriverEntry(world)]);
  const engine = { url: 'tcp://192.0.2.7:2376', certPath: 'certs' };
  const other = { url: 'tcp://192.0.2.8:2376', certPath: 'certs' };
  const endpoint = { host: '192.0.2.7', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
  await context.store.add(machineRecord('ready', { phase: 'ready', engine, endpoint }));
  await context.store.add(machineRecord('half'));
  await context.store.add(machineRecord('going', { phase: 'removing', engine: other, endpoint }));
  await context.store.add(machineRecord('again', { phase: 'creating', engine: other }));
  await context.store.add(machineRecord('no-tls', { endpoint, engineSettings: { tls: false, tlsSans: [] } }));
});
afterEach(() => rm(folder, { recursive: true }));

describe('hostEnv', () => {
  beforeEach(() => writeClientFiles(context.store.home));

  const env = (variables: Record<string, string>, noProxy = true) =>
    hostEnv({ ...context, env: variables }, 'ready', { noProxy, check: false });

  it('points to the engine, with absolute paths', async () => {
    expect(await env({ NO_PROXY: 'x' }, false)).toEqual({
      DOCKER_TLS_VERIFY: '1',
      DOCKER_HOST: 'tcp://192.0.2.7:2376',
      DOCKER_CERT_PATH: join(folder, 'home', 'certs'),
      DOCKER_MACHINE_NAME: 'ready',
    });
  });

  it.each([
    [{}, { NO_PROXY: '192.0.2.7' }],
    [{ no_proxy: '.local' }, { no_proxy: '.local,192.0.2.7' }],
    [
      { NO_PROXY: 'a', no_proxy: 'b' },
      { NO_PROXY: 'a,192.0.2.7', no_proxy: 'b,192.0.2.7' },
    ],
    [{ NO_PROXY: 'a, 192.0.2.7' }, { NO_PROXY: 'a, 192.0.2.7' }],
  ])('--no-proxy: %j becomes %j', async (before, after) => {
    const { NO_PROXY, no_proxy } = await env(before);
    expect(Object.fromEntries(Object.entries({ NO_PROXY, no_proxy }).filter(([, v]) => v !== undefined))).toEqual(
      after,
    );
  });

  it('takes back what it sets', async () => {
    expect(new Set(Object.keys(unsetEnv()))).toEqual(new Set(Object.keys(await env({}, false))));
    expect(Object.values(unsetEnv())).toEqual([null, null, null, null]);
  });

  it.each([
    ['nobody', 'HOST_UNKNOWN', 2],
    ['half', 'HOST_NOT_READY', 1],
    ['no-tls', 'NO_TLS', 1],
    ['going', 'HOST_REMOVING', 1],
    ['again', 'HOST_NOT_READY', 1],
  ])('%s: %s', async (name, code, exitCode) => {
    await expect(hostEnv(context, name, { noProxy: false, check: false })).rejects.toMatchObject({ code, exitCode });
  });
});

it('hostEnv fails where a docker client would find no certificate', async () => {
  await expect(hostEnv(context, 'ready', { noProxy: false, check: false })).rejects.toMatchObject({
    code: 'CERTIFICATES_MISSING',
    hints: ['swarmup provision ready makes new certificates'],
  });
});

describe('hostEnv with check', () => {
  const checked = async (name: string, server: { readonly url: string }): Promise<unknown> => {
    const engine = { url: server.url, certPath: 'certs' };
    const endpoint = { host: '127.0.0.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
    await context.store.add(machineRecord(name, { phase: 'ready', engine, endpoint }));
    return hostEnv(context, name, { noProxy: false, check: true });
  };

  it('is what it is without, when the engine proves who it is', async () => {
    await using w1 = await tlsEngine({ certs: await context.store.folder('certs'), version: 'x', of: 'w1' });
    expect(await checked('w1', w1)).toMatchObject({ DOCKER_HOST: w1.url, DOCKER_MACHINE_NAME: 'w1' });
    expect(w1.asked).toEqual(['/version']);
  });

  it('refuses the engine of another host, one of another authority and one with a certificate of clients', async () => {
    const certs = await context.store.folder('certs');
    const signedBy = await mkdtemp(join(folder, 'other-ca-'));
    await using w2 = await tlsEngine({ certs, version: 'x', of: 'w2' });
    await using foreign = await tlsEngine({ certs, version: 'x', of: 'w3', signedBy });
    await using client = await tlsEngine({ certs, version: 'x', of: 'w4', certificate: 'client' });
    await expect(checked('w1', w2)).rejects.toMatchObject({
      code: 'ENGINE_OTHER_HOST',
      exitCode: 3,
      hints: [expect.stringContaining('swarmup create --no-swarm w1') as string],
    });
    await expect(checked('w3', foreign)).rejects.toMatchObject({ code: 'ENGINE_UNTRUSTED', exitCode: 3 });
    await expect(checked('w4', client)).rejects.toMatchObject({ code: 'ENGINE_UNTRUSTED', exitCode: 3 });
    expect([w2.asked, foreign.asked, client.asked]).toEqual([[], [], []]);
  });

  it('says so when nobody answers', async () => {
    const closed = await tlsEngine({ certs: await context.store.folder('certs'), version: 'x', of: 'w1' });
    await closed[Symbol.asyncDispose]();
    await expect(checked('w1', closed)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', exitCode: 1 });
  });
});

describe('queries', () => {
  it('ip and url keep the order of the names', async () => {
    expect(await hostAddresses(context, ['ready', 'no-tls'])).toEqual({
      hosts: [
        { name: 'ready', ip: '192.0.2.7' },
        { name: 'no-tls', ip: '192.0.2.7' },
      ],
    });
    expect(await hostUrls(context, ['ready'])).toEqual({ hosts: [{ name: 'ready', url: 'tcp://192.0.2.7:2376' }] });
    await expect(hostAddresses(context, ['half'])).rejects.toMatchObject({ code: 'HOST_NOT_READY', host: 'half' });
    // Made, and not finished: where ssh goes is not where the host is.
    const endpoint = { host: '127.0.0.1', port: 22200, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
    await context.store.add(machineRecord('unfinished', { endpoint }));
    await expect(hostAddresses(context, ['unfinished'])).rejects.toMatchObject({ code: 'HOST_NOT_READY' });
    await expect(hostUrls(context, ['no-tls'])).rejects.toMatchObject({ code: 'NO_TLS' });
  });

  it('status and inspect ask the driver', async () => {
    expect(await hostStates(context, ['ready', 'half'], { timeoutMs: 5000 })).toMatchObject({
      hosts: [
        { name: 'ready', state: 'absent' },
        { name: 'half', state: 'absent' },
      ],
    });
    const { record, status } = await inspectHost(context, 'ready', { timeoutMs: 5000 });
    expect([record.name, status.state]).toEqual(['ready', 'absent']);
  });

  it('status is an error where another host answers', async () => {
    await using w2 = await tlsEngine({ certs: await context.store.folder('certs'), version: 'x', of: 'w2' });
    const engine = { url: w2.url, certPath: 'certs' };
    for (const name of ['w1', 'w2']) {
      const record = machineRecord(name, { phase: 'ready', engine, driverState: { id: `id-of-${name}` } });
      const description = {
        ssh: { host: '127.0.0.1', port: 22, user: 'root' },
        engine: { host: '127.0.0.1', port: 2376 },
        privateAddresses: [],
      };
      world.hosts.set(record.id, { identity: { name } as never, description, power: 'running' });
      await context.store.add(record);
    }
    expect(await hostStates(context, ['w1', 'w2'], { timeoutMs: 5000 })).toEqual({
      hosts: [
        { name: 'w1', state: 'error', detail: `the engine of w2 answers at the address of w1 (${w2.url})` },
        { name: 'w2', state: 'running' },
      ],
    });
  });

  it('active finds the host of DOCKER_HOST', async () => {
    const active = (DOCKER_HOST?: string) => activeHost({ ...context, env: { DOCKER_HOST } });
    expect(await active('tcp://192.0.2.7:2376')).toEqual({ name: 'ready' });
    await expect(active()).rejects.toThrow('DOCKER_HOST is not set');
    await expect(active('unix:///x')).rejects.toMatchObject({ code: 'NO_ACTIVE_HOST', exitCode: 1 });
  });
});

describe('listDrivers', () => {
  it('says of each driver whether it works here, and why not', async () => {
    const broken = fakeWorld({
      problems: [{ severity: 'error', code: 'NO_ENGINE', message: 'no engine answers', hints: [] }],
    });
    const drivers = [fakeDriverEntry(world), fakeDriverEntry(broken, 'broken')];
    const result = await listDrivers(operationContext(folder, drivers), { timeoutMs: 5000 });
    expect(result.drivers.map(({ name, available, found }) => [name, available, found])).toEqual([
      ['fake', true, ['fake hosts are always there']],
      ['broken', false, ['no engine answers', 'fake hosts are always there']],
    ]);
  });
});
