import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adoptHosts } from '../../../src/operations/create/adopt-hosts.js';
import { deleteOrphans, listOrphans } from '../../../src/operations/hosts/list-orphans.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { type Lab, openLab } from '../../support/lab.js';

const folderOf = (lab: Lab, name: string): string => join(lab.store.home, lab.store.hostFolder(name));
const lose = (lab: Lab, name: string): Promise<void> => rm(folderOf(lab, name), { recursive: true });
const recordFile = (lab: Lab, name: string): string => join(folderOf(lab, name), 'machine.json');

const adopt = (lab: Lab, names: string, changes: { readonly anyOwner?: boolean; readonly dryRun?: boolean } = {}) =>
  adoptHosts(lab.process().context, { names: names.split(' '), anyOwner: false, dryRun: false, ...changes });

const list = async (lab: Lab, anyOwner = false) => (await listOrphans(lab.process().context, { anyOwner })).orphans;
const remove = (lab: Lab, names: readonly string[] = [], changes: { readonly anyOwner?: boolean } = {}) =>
  deleteOrphans(lab.process().context, { names, anyOwner: false, dryRun: false, ...changes });

/** Labels as somebody else has written them. */
function relabel(lab: Lab, name: string, labels: object): void {
  for (const host of lab.world.hosts.values()) if (host.identity.name === name) host.labels = labels;
}

describe('a host whose record is lost', () => {
  it('is listed, and nothing that is on record', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    expect(await list(lab)).toEqual([]);
    await lose(lab, 'a');
    expect(await list(lab)).toMatchObject([
      { name: 'a.default', driver: 'fake', kind: 'fake', mine: true, running: true, status: 'found', unreadable: null },
    ]);
  });

  it('is not made a second time', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    await expect(lab.create('a b')).rejects.toMatchObject({
      code: 'ORPHAN_EXISTS',
      exitCode: 3,
      hints: [
        expect.stringContaining('swarmup adopt a.default'),
        expect.stringContaining('orphans --delete a.default'),
      ],
    });
    expect((await lab.store.list()).machines.map(({ name }) => name)).toEqual(['m']);
  });

  it.each(['a', 'm', 'm a'])('is taken over, and stays the node that it was: %s', async (names) => {
    await using lab = await openLab();
    await lab.create('m a');
    const before = await Promise.all(['m', 'a'].map((name) => lab.store.require(name)));
    for (const name of names.split(' ')) await lose(lab, name);
    const { hosts, nodes } = await adopt(lab, names);
    expect(hosts.map(({ name, status }) => `${name} ${status}`)).toEqual(names.split(' ').map((n) => `${n} adopted`));
    expect(nodes.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['m', 'manager', 'ready'],
      ['a', 'worker', 'ready'],
    ]);
    for (const { name, id, nodeId, role, advertiseAddr } of before)
      expect(await lab.store.require(name)).toMatchObject({ id, nodeId, role, advertiseAddr, phase: 'ready' });
    expect(await list(lab)).toEqual([]);
  });

  it('is taken over with its whole store', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { nodeId, id } = await lab.store.require('m');
    const swarmId = lab.store.swarmId();
    await rm(join(lab.store.home, 'swarms'), { recursive: true });
    const alone = await adopt(lab, 'a');
    expect(alone.hosts).toMatchObject([{ name: 'a', status: 'failed', error: { code: 'NO_MANAGER' } }]);
    const both = await adopt(lab, 'm.default a.default');
    expect(both.hosts.map(({ name, status }) => `${name} ${status}`)).toEqual(['m adopted', 'a unchanged']);
    expect(await lab.store.require('m')).toMatchObject({ nodeId, id, role: 'manager' });
    expect(lab.store.swarmId()).toBe(swarmId);
  });

  it('that is off is started', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    for (const host of lab.world.hosts.values())
      if (host.identity.name === 'a') {
        await lab.world.shutDown(host.identity);
        host.power = 'stopped';
      }
    expect((await adopt(lab, 'a')).hosts).toMatchObject([{ name: 'a', status: 'adopted' }]);
  });

  it('is only looked at in a dry run', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    const files = await lab.files();
    expect((await adopt(lab, 'a', { dryRun: true })).hosts).toMatchObject([{ name: 'a', status: 'would-adopt' }]);
    expect(await lab.files()).toEqual(files);
  });

  it('is removed, and its swarm forgets its node', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    expect((await remove(lab)).orphans).toMatchObject([{ name: 'a.default', status: 'removed' }]);
    expect(lab.world.hosts.size).toBe(1);
    expect(lab.clusterOf('m').nodes.map((node) => node.Description.Hostname)).toEqual(['m']);
  });

  it('of another store is neither listed, taken over nor removed unless that is asked for', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    relabel(lab, 'a', { owner: 'anna@laptop/3f9a21', swarmId: null });
    expect(await list(lab)).toEqual([]);
    expect(await list(lab, true)).toMatchObject([{ name: 'a.default', mine: false, owner: 'anna@laptop/3f9a21' }]);
    const foreign = { code: 'ORPHAN_FOREIGN', exitCode: 3 };
    await expect(adopt(lab, 'a')).rejects.toMatchObject(foreign);
    await expect(remove(lab, ['a'])).rejects.toMatchObject(foreign);
    expect((await remove(lab)).orphans).toEqual([]);
    const asked: string[] = [];
    const request = { names: ['a'], anyOwner: true, dryRun: false };
    const approve = async (orphans: readonly { readonly name: string }[]): Promise<void> => {
      asked.push(...orphans.map(({ name }) => name));
    };
    const { hosts } = await adoptHosts(lab.process().context, { ...request, approve });
    expect([hosts[0]?.status, asked]).toEqual(['adopted', ['a.default']]);
  });

  it.each([
    [{ host: '../x' }, 'its label of the host is "../x"'],
    [{ swarm: 'UPPER' }, 'its label of the swarm is "UPPER"'],
    [{ swarm: null }, 'no label names its swarm'],
    [{ machineId: 'not-an-id' }, 'its label of the record is "not-an-id"'],
  ])('with labels that make no sense is refused: %j', async (labels, why) => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    relabel(lab, 'a', labels);
    const files = await lab.files();
    await expect(adopt(lab, 'fake-a')).rejects.toMatchObject({
      code: 'LABELS_INVALID',
      exitCode: 3,
      message: expect.stringContaining(why) as string,
    });
    expect(await lab.files()).toEqual(files);
  });

  it('whose keys are lost is refused where the driver cannot give it new ones', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await lose(lab, 'a');
    lab.world.putKeys = undefined;
    await expect(adopt(lab, 'a')).rejects.toMatchObject({ code: 'ADOPT_KEYS_LOST', exitCode: 3 });
  });

  it('is unknown by any other name, and two of one name are told apart by their ids', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    await lose(lab, 'a');
    await lose(lab, 'b');
    await expect(adopt(lab, 'c')).rejects.toMatchObject({ code: 'ORPHAN_UNKNOWN', exitCode: 2 });
    relabel(lab, 'b', { host: 'a' });
    await expect(remove(lab, ['a'])).rejects.toMatchObject({ code: 'ORPHAN_AMBIGUOUS', exitCode: 2 });
    const id = [...lab.world.hosts.values()].find(({ identity }) => identity.name === 'b')?.identity.id ?? '';
    expect((await remove(lab, [id.slice(0, 8)])).orphans).toMatchObject([{ machineId: id, status: 'removed' }]);
  });
});

describe('a host whose record is damaged', () => {
  const damage: readonly (readonly [string, (lab: Lab) => Promise<void>])[] = [
    ['with its id', (lab) => truncate(recordFile(lab, 'a'), 100)],
    ['without its id', (lab) => writeFile(recordFile(lab, 'a'), 'garbage')],
  ];

  it.each(damage)('is kept by --delete, and taken over by adopt: %s', async (_, spoil) => {
    await using lab = await openLab();
    await lab.create('m a');
    const { nodeId } = await lab.store.require('a');
    await spoil(lab);
    expect(await list(lab)).toMatchObject([{ name: 'a.default', unreadable: 'a' }]);
    expect((await remove(lab)).orphans).toMatchObject([{ name: 'a.default', status: 'kept' }]);
    await expect(remove(lab, ['a'])).rejects.toMatchObject({ code: 'ORPHAN_RECORDED', exitCode: 3 });
    await expect(lab.create('a')).rejects.toMatchObject({
      code: 'RECORD_BROKEN',
      hints: expect.arrayContaining([expect.stringContaining('swarmup adopt a')]) as string[],
    });
    expect((await adopt(lab, 'a')).hosts).toMatchObject([{ name: 'a', status: 'adopted' }]);
    expect(await lab.store.require('a')).toMatchObject({ nodeId, phase: 'ready' });
  });

  it.each(damage)('is removed by rm --force, with what was made for it: %s', async (_, spoil) => {
    await using lab = await openLab();
    await lab.create('m a');
    await spoil(lab);
    const names = ['a'];
    await expect(removeHosts(lab.process().context, { names, force: false })).rejects.toMatchObject({
      code: 'RECORD_BROKEN',
    });
    const { hosts } = await removeHosts(lab.process().context, { names, force: true });
    expect(hosts).toEqual([{ name: 'a', status: 'removed' }]);
    expect([...lab.world.hosts.values()].map(({ identity }) => identity.name)).toEqual(['m']);
    expect([...(await lab.files()).keys()].filter((path) => path.includes('/a/'))).toEqual([]);
    expect(lab.clusterOf('m').nodes.map((node) => node.Description.Hostname)).toEqual(['m']);
  });

  it('that was the only host of its swarm is removed with the swarm', async () => {
    await using lab = await openLab();
    await lab.create('a');
    await writeFile(recordFile(lab, 'a'), '');
    await removeHosts(lab.process().context, { names: ['a'], force: true });
    expect([lab.world.hosts.size, await lab.store.swarms()]).toEqual([0, []]);
  });
});
