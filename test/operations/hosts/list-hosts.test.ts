import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../../src/drivers/driver.js';
import type { DriverEntry } from '../../../src/drivers/registry.js';
import type { MachineRecord } from '../../../src/machine/machine-record.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { listHosts, type ListRequest } from '../../../src/operations/hosts/list-hosts.js';
import type { HostRow } from '../../../src/operations/access/results.js';
import { machineRecord } from '../../machine/machine-record.js';
import { fakeDriver, fakeDriverEntry, fakeWorld, type FakeWorld } from '../../support/fake-driver.js';
import { operationContext } from '../../support/operation-context.js';
import { tlsEngine } from '../../support/tls-engine.js';

let folder: string;
let world: FakeWorld;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'list-'));
  world = fakeWorld();
});
afterEach(() => rm(folder, { recursive: true }));

const everything: ListRequest = { timeoutMs: 10_000, probe: true, filter: () => true };

/** A running fake host with a record. */
async function addHost(context: OperationContext, name: string, changes: Partial<MachineRecord> = {}): Promise<void> {
  const record = machineRecord(name, { phase: 'ready', driverState: { id: `id-of-${name}` }, ...changes });
  const description = {
    ssh: { host: '127.0.0.1', port: 22, user: 'root' },
    engine: { host: '127.0.0.1', port: 2376 },
    privateAddresses: [],
  };
  world.hosts.set(record.id, { identity: { name } as never, description, power: 'running' });
  await context.store.add(record);
}

const engine = (url: string): Pick<MachineRecord, 'engine'> => ({ engine: { url, certPath: 'certs' } });
const certs = (context: OperationContext): Promise<string> => context.store.folder('certs');
const rowOf = (rows: readonly HostRow[], name: string): HostRow | undefined => rows.find((row) => row.name === name);

describe('listHosts', () => {
  it('groups hosts by swarm: those of the command first, then the others by name', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    for (const name of ['w2', 'a.prod', 'box.no-swarm', 'w10', 'b.lab', 'a.lab']) await addHost(context, name);
    const { hosts } = await listHosts(context, { ...everything, probe: false });
    expect(hosts.map(({ name }) => name)).toEqual(['w2', 'w10', 'a.lab', 'b.lab', 'box.no-swarm', 'a.prod']);
    expect(hosts.map(({ fullName }) => fullName)).toContain('w2.default');
  });

  it('tells states by the driver and versions by the engines themselves', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await using server = await tlsEngine({ certs: await certs(context), version: '24.0.7', of: 'agent9' });
    await using other = await tlsEngine({ certs: await certs(context), version: '24.0.7', of: 'agent10' });
    await addHost(context, 'agent10', { ...engine(other.url), swarm: 'default', role: 'worker' });
    await addHost(context, 'agent9', { ...engine(server.url), swarm: 'default', role: 'manager' });
    await addHost(context, 'plain');
    const { hosts } = await listHosts({ ...context, env: { DOCKER_HOST: server.url } }, everything);
    expect(hosts.map(({ name, state, docker, role }) => [name, state, docker, role])).toEqual([
      ['agent9', 'running', '24.0.7', 'manager'],
      ['agent10', 'running', '24.0.7', 'worker'],
      ['plain', 'running', null, null],
    ]);
    expect(rowOf(hosts, 'agent9')).toMatchObject({ active: true, url: server.url, errors: [] });
    expect([...server.asked, ...other.asked]).toEqual(['/version', '/version']);
  });

  it('shows a record that cannot be read, and all others', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await addHost(context, 'good');
    await mkdir(join(context.store.home, 'swarms', 'default', 'hosts', 'bad'), { recursive: true });
    await writeFile(join(context.store.home, 'swarms', 'default', 'hosts', 'bad', 'machine.json'), '{');
    const { hosts } = await listHosts(context, everything);
    expect(hosts.map(({ name, state }) => [name, state])).toEqual([
      ['bad', 'error'],
      ['good', 'running'],
    ]);
    expect(rowOf(hosts, 'bad')?.errors.join()).toContain('bad');
  });

  it('shows hosts of a driver that fails, hangs or is not there', async () => {
    const hangs: Driver = { ...fakeDriver(world, 'hangs'), inspect: () => new Promise(() => undefined) };
    const fails: Driver = {
      ...fakeDriver(world, 'fails'),
      inspect: () => Promise.reject(new Error('no VBoxManage')),
    };
    const entry = (driver: Driver): DriverEntry => ({ declaration: driver, load: async () => driver });
    const context = operationContext(folder, [fakeDriverEntry(world), entry(hangs), entry(fails)]);
    for (const driver of ['fake', 'hangs', 'fails', 'gone']) await addHost(context, `on-${driver}`, { driver });
    const { hosts } = await listHosts(context, { ...everything, timeoutMs: 50 });
    expect(hosts.map(({ name, state, errors }) => [name, state, errors.join()])).toEqual([
      ['on-fails', 'unknown', 'no VBoxManage'],
      ['on-fake', 'running', ''],
      ['on-gone', 'unknown', expect.stringContaining("no driver named 'gone'")],
      ['on-hangs', 'unknown', expect.stringContaining('waited 0.1 s for the driver hangs')],
    ]);
  });

  it('names an engine that is silent or refuses', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    const folderOfCerts = await certs(context);
    await using silent = await tlsEngine({ certs: folderOfCerts, version: 'x', of: 'silent', silent: true });
    const closed = await tlsEngine({ certs: folderOfCerts, version: 'x', of: 'closed' });
    await closed[Symbol.asyncDispose]();
    await addHost(context, 'silent', engine(silent.url));
    await addHost(context, 'closed', engine(closed.url));
    const { hosts } = await listHosts(context, { ...everything, timeoutMs: 500 });
    expect(hosts.map(({ docker, state }) => [docker, state])).toEqual(Array(2).fill([null, 'running']));
    expect(rowOf(hosts, 'silent')?.errors).toEqual([
      expect.stringContaining('the engine of silent to report its version'),
    ]);
    expect(rowOf(hosts, 'closed')?.errors).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  const dayMs = 24 * 60 * 60_000;
  it.each([
    ['of another CA', async () => ({ signedBy: await mkdtemp(join(folder, 'other-ca-')) }), 'was not signed by'],
    ['for another host', () => ({ sans: ['192.0.2.1'] }), 'is not for 127.0.0.1'],
    ['that has expired', () => ({ issuedOn: new Date(Date.now() - 4 * 365 * dayMs) }), 'expired on'],
    ['of a client', () => ({ certificate: 'client' as const }), 'is for clients, not for engines'],
    ['of tomorrow', () => ({ issuedOn: new Date(Date.now() + 2 * dayMs) }), 'is not valid before'],
  ])('trusts no engine with a certificate %s and sends it nothing', async (_, spoil, reason) => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await using server = await tlsEngine({ certs: await certs(context), version: 'x', of: 'odd', ...(await spoil()) });
    await addHost(context, 'odd', engine(server.url));
    const { hosts } = await listHosts(context, everything);
    expect(rowOf(hosts, 'odd')).toMatchObject({ docker: null, errors: [expect.stringContaining(reason)] });
    expect(server.asked).toEqual([]);
  });

  it('shows whose engine answers at the address of a host, and no other engine in its row', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    const folderOfCerts = await certs(context);
    await using w2 = await tlsEngine({ certs: folderOfCerts, version: 'of-w2', of: 'w2' });
    await using old = await tlsEngine({ certs: folderOfCerts, version: 'of-w2', of: 'w2', certificate: 'name-only' });
    await using gone = await tlsEngine({ certs: folderOfCerts, version: 'of-w9', of: 'w9' });
    await addHost(context, 'w1', engine(w2.url));
    await addHost(context, 'w2', engine(w2.url));
    await addHost(context, 'w3', engine(old.url));
    await addHost(context, 'w4', engine(gone.url));
    const { hosts } = await listHosts(context, everything);
    expect(hosts.map(({ name, docker, errors }) => [name, docker, errors])).toEqual([
      ['w1', null, [`the engine of w2 answers at the address of w1 (${w2.url})`]],
      ['w2', 'of-w2', []],
      ['w3', null, [`the engine of w2 answers at the address of w3 (${old.url})`]],
      ['w4', null, [`the engine of a host that is not on record (w9) answers at the address of w4 (${gone.url})`]],
    ]);
    // Nor the end of a certificate that is not its own.
    expect(rowOf(hosts, 'w1')).toMatchObject({ certificateEnds: null });
    expect([w2.asked, old.asked, gone.asked]).toEqual([['/version'], [], []]);
  });

  it('says of a host that is not there which host has its address', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await using w2 = await tlsEngine({ certs: await certs(context), version: 'of-w2', of: 'w2' });
    await addHost(context, 'w1', engine(w2.url));
    await addHost(context, 'w2', engine(w2.url));
    world.hosts.delete('id-of-w1');
    const { hosts } = await listHosts(context, everything);
    expect(rowOf(hosts, 'w1')).toMatchObject({ state: 'absent', docker: null });
    expect(rowOf(hosts, 'w1')?.errors.join()).toMatch(
      /w2 (has the same address on record|answers at the address of w1)/,
    );
  });

  it('accepts a certificate of an older swarmup, which names the host only', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await using old = await tlsEngine({
      certs: await certs(context),
      version: 'x',
      of: 'w1',
      certificate: 'name-only',
    });
    await addHost(context, 'w1', engine(old.url));
    expect((await listHosts(context, everything)).hosts).toMatchObject([{ name: 'w1', docker: 'x', errors: [] }]);
  });

  it('tells of certificates that end within 30 days, and when each ends', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)], { now: () => new Date() });
    const folderOfCerts = await certs(context);
    const threeYearsAgo = Date.now() - 3 * 365.25 * dayMs;
    const ending = { certs: folderOfCerts, version: 'x', issuedOn: new Date(threeYearsAgo + 20 * dayMs) };
    const later = { certs: folderOfCerts, version: 'x', issuedOn: new Date(threeYearsAgo + 40 * dayMs) };
    await using soon = await tlsEngine({ ...ending, of: 'soon' });
    await using fine = await tlsEngine({ ...later, of: 'fine' });
    await addHost(context, 'soon', engine(soon.url));
    await addHost(context, 'fine', engine(fine.url));
    const { hosts } = await listHosts(context, everything);
    expect(rowOf(hosts, 'soon')).toMatchObject({
      docker: 'x',
      errors: [expect.stringMatching(/^its certificate expires on \d{4}-\d\d-\d\d: swarmup provision soon renews it$/)],
    });
    expect(rowOf(hosts, 'fine')).toMatchObject({
      errors: [],
      certificateEnds: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
  });

  it('does not wait for the engine of a host that is off', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await using silent = await tlsEngine({ certs: await certs(context), version: 'x', of: 'off', silent: true });
    await addHost(context, 'off', engine(silent.url));
    const host = world.hosts.get('id-of-off');
    if (host !== undefined) host.power = 'stopped';
    // A time limit that the test's own would not survive: the answer must come without it.
    const { hosts } = await listHosts(context, { ...everything, timeoutMs: 3_600_000 });
    expect(hosts).toMatchObject([{ name: 'off', state: 'stopped', docker: null, errors: [] }]);
  });

  it('says of hosts that are half made or half removed what finishes it', async () => {
    const context = operationContext(folder, [fakeDriverEntry(world)]);
    await addHost(context, 'a', { phase: 'creating' });
    await addHost(context, 'b', { phase: 'removing' });
    const { hosts } = await listHosts(context, everything);
    expect(hosts.map(({ errors }) => errors)).toEqual([
      ['not finished: swarmup create --no-swarm a resumes'],
      ['removal not finished: swarmup rm b finishes'],
    ]);
  });

  it('asks only the hosts that the filter leaves, and nobody without a probe', async () => {
    const calls: string[] = [];
    const driver = fakeDriver(world);
    const counting = {
      ...driver,
      inspect: (...args: Parameters<typeof driver.inspect>) => (
        calls.push(String(args[1].length)),
        driver.inspect(...args)
      ),
    };
    const context = operationContext(folder, [{ declaration: driver, load: async () => counting }]);
    for (const name of ['a', 'b', 'c']) await addHost(context, name);
    await listHosts(context, { ...everything, filter: (row) => row.name !== 'b' });
    expect(calls).toEqual(['2']);
    const { hosts } = await listHosts(context, { ...everything, probe: false });
    expect(calls).toEqual(['2']);
    expect(hosts.map(({ name, state }) => [name, state])).toEqual([
      ['a', 'unknown'],
      ['b', 'unknown'],
      ['c', 'unknown'],
    ]);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const hangs = { ...fakeDriver(world), inspect: () => new Promise(() => undefined) } as unknown as Driver;
    const context = operationContext(folder, [{ declaration: hangs, load: async () => hangs }], {
      signal: stop.signal,
    });
    await addHost(context, 'a');
    const listing = listHosts(context, everything);
    stop.abort(new Error('enough'));
    await expect(listing).rejects.toThrow('enough');
  });
});
