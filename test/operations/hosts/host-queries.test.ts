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
import { fakeDriverEntry, fakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
let context: OperationContext;
const world = fakeWorld();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queries-'));
  context = operationContext(folder, [fakeDriverEntry(world)]);
  const engine = { url: 'tcp://192.0.2.7:2376', certPath: 'certs' };
  const endpoint = { host: '192.0.2.7', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
  await context.store.add(machineRecord('ready', { phase: 'ready', engine, endpoint }));
  await context.store.add(machineRecord('half'));
  await context.store.add(machineRecord('no-tls', { endpoint, engineSettings: { tls: false, tlsSans: [] } }));
});
afterEach(() => rm(folder, { recursive: true }));

describe('hostEnv', () => {
  const env = (variables: Record<string, string>, noProxy = true) =>
    hostEnv({ ...context, env: variables }, 'ready', { noProxy });

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
  ])('%s: %s', async (name, code, exitCode) => {
    await expect(hostEnv(context, name, { noProxy: false })).rejects.toMatchObject({ code, exitCode });
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
