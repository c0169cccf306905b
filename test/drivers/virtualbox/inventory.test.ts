import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, HostIdentity, MadeThings } from '../../../src/drivers/driver.js';
import type { VirtualBoxState } from '../../../src/drivers/virtualbox/state.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { machineRecord } from '../../machine/machine-record.js';
import { testIdentities } from '../../support/driver-context.js';
import { operationContext } from '../../support/operation-context.js';
import { hasQemuImg } from '../../support/vboxmanage/install.js';
import { type DoubleBench, openDoubleBench } from './double-bench.js';

const { identity } = testIdentities();

describe.skipIf(!hasQemuImg)('the inventory of the virtualbox driver', { timeout: 120_000 }, () => {
  let bench: DoubleBench;
  let inventory: Required<Pick<NonNullable<Driver<VirtualBoxState>['inventory']>, 'list' | 'remove' | 'rebuild'>>;
  beforeEach(async () => {
    bench = await openDoubleBench();
    const own = bench.driver.inventory;
    inventory = own as typeof inventory;
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const list = (): Promise<MadeThings> => inventory.list(bench.context(), []);
  const rebuilt = async ({ id }: HostIdentity) =>
    inventory.rebuild(
      bench.context(),
      id,
      (await list()).things.filter(({ machineId }) => machineId === id),
    );

  it('has all that the machines tell, by one list and one call for each of them', async () => {
    const [one, two] = [identity('m1'), identity('m2')];
    for (const host of [one, two]) await bench.create(host);
    await bench.vbox('setextradata', two.id, 'swarmup/belongs-to', '');
    await bench.vbox('controlvm', two.id, 'poweroff');
    await bench.vbox('createvm', '--name', 'mine', '--register', '--basefolder', join(bench.folder, 'mine'));
    bench.calls.length = 0;
    const { things, unseen } = await list();
    expect(bench.calls.map(([command]) => command)).toEqual(['list', 'getextradata', 'getextradata']);
    const { swarm, id: swarmId, owner } = bench.context().belongsTo;
    const ofHost = ({ id, name }: HostIdentity) => ({
      kind: 'vm',
      name: `swarmup-${name}`,
      isHost: true,
      machineId: id,
    });
    expect(things).toHaveLength(2);
    expect(things).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ ...ofHost(one), host: 'm1', swarm, swarmId, owner, running: true, madeAt: null }),
        // Made by an older swarmup.
        expect.objectContaining({
          ...ofHost(two),
          host: 'm2',
          swarm: null,
          swarmId: null,
          owner: null,
          running: false,
        }),
      ]),
    );
    expect(unseen).toEqual([]);
  });

  it('leaves a copy of a machine alone, although it has the same marks', async () => {
    const host = identity('m1');
    await bench.create(host);
    await bench.vbox('controlvm', host.id, 'poweroff');
    await bench.vbox('clonevm', host.id, '--name', 'copy', '--register', '--basefolder', join(bench.folder, 'mine'));
    const { things } = await list();
    expect(things.map(({ machineId }) => machineId)).toEqual([host.id]);
    await inventory.remove(bench.context(), things);
    expect(await bench.vbox('list', 'vms')).toMatch(/^"copy" \S+$/);
  });

  it.each([
    ['of a usual host', {}],
    [
      'of a linked clone in another network, for another user',
      { 'linked-clone': true, 'hostonly-cidr': '192.168.60.1/25', 'ssh-user': 'anna' },
    ],
    ['of one with other hardware', { memory: 512, 'cpu-count': 1 }],
  ])('rebuilds the state and the options %s', async (_, options) => {
    const host = identity('m1');
    await bench.create(host, options);
    const before = await bench.leftovers();
    const usual = { memory: 2048, 'cpu-count': 2, 'ssh-user': 'swarmup', 'linked-clone': false };
    const context = bench.context(usual);
    const { state, options: own } = await inventory.rebuild(context, host.id, (await list()).things);
    expect(state).toEqual(bench.state(host));
    expect(own).toEqual(options);
    expect(await bench.leftovers()).toEqual(before);
    await inventory.remove(context, (await list()).things);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('keeps the master of linked clones until the last of them is removed, also after a snapshot', async () => {
    const [one, two] = [identity('m1'), identity('m2')];
    for (const host of [one, two]) await bench.create(host, { 'linked-clone': true });
    await bench.driver.snapshots?.take(bench.context(), bench.state(one), 'before');
    expect((await rebuilt(one)).state).toEqual(bench.state(one));
    const { things } = await list();
    await inventory.remove(
      bench.context(),
      things.filter(({ host }) => host === 'm1'),
    );
    expect(await bench.inspect(two)).toBe('running');
    await inventory.remove(bench.context(), things);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('removes a machine that is not finished, but does not rebuild it', async () => {
    const host = identity('m1');
    bench.onCall = ([command]) => (command === 'clonemedium' ? Promise.reject(new Error('killed')) : Promise.resolve());
    await expect(bench.create(host)).rejects.toThrow('killed');
    await expect(rebuilt(host)).rejects.toMatchObject({ code: 'ADOPT_INCOMPLETE', exitCode: 3 });
    await inventory.remove(bench.context(), (await list()).things);
    expect(await bench.leftovers()).toEqual([]);
    await expect(rebuilt(host)).rejects.toMatchObject({ code: 'HOST_ABSENT' });
  });

  it('finds and removes a machine whose settings are gone', async () => {
    const host = identity('m1');
    await bench.create(host);
    await bench.vbox('controlvm', host.id, 'poweroff');
    const { folder, vmName = '' } = bench.state(host);
    await rm(join(folder, vmName, `${vmName}.vbox`));
    const { things } = await list();
    expect(things).toMatchObject([{ machineId: host.id, name: host.id, host: null, owner: null, running: false }]);
    await inventory.remove(bench.context(), things);
    expect(await bench.leftovers()).toEqual([]);
  });

  it('serves rm --force of a host whose record is damaged', async () => {
    const host = identity('m1');
    await bench.create(host);
    const { run, env } = bench.context();
    const entry = { declaration: bench.driver, load: () => Promise.resolve(bench.driver as Driver) };
    const context = operationContext(bench.folder, [entry], { run, env });
    const { store } = context;
    const swarm = { swarm: null, role: null };
    await store.add(
      machineRecord('m1', { ...swarm, id: host.id, driver: 'virtualbox', driverState: bench.state(host) }),
    );
    await truncate(join(store.home, store.hostFolder('m1'), 'machine.json'), 150);
    await expect(store.read('m1')).rejects.toMatchObject({ code: 'RECORD_BROKEN' });
    const { hosts } = await removeHosts(context, { names: ['m1'], force: true });
    expect(hosts).toEqual([{ name: 'm1', status: 'removed' }]);
    expect(await bench.leftovers()).toEqual([]);
    expect(await store.names()).toEqual([]);
  });
});
