import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { openSwarm } from '../../../src/operations/access/swarm-access.js';
import { machineRecord } from '../../machine/machine-record.js';
import { openLab } from '../../support/lab.js';
import { listNodes } from '../../../src/operations/access/node-rows.js';

describe('the nodes of a swarm', () => {
  it('are listed as their managers see them: leader, managers, workers by natural order', async () => {
    await using lab = await openLab();
    await lab.create('m1 a10 a2');
    await lab.create('m2', { managers: 1 });
    await killHosts(lab.process().context, ['a2']);
    const { swarm, nodes } = await listNodes(lab.process().context, 'default');
    expect(swarm).toBe('default');
    expect(
      nodes.map(({ name, role, leader, state, reachability }) => [name, role, leader, state, reachability]),
    ).toEqual([
      ['m1', 'manager', true, 'ready', 'reachable'],
      ['m2', 'manager', false, 'ready', 'reachable'],
      ['a2', 'worker', false, 'down', null],
      ['a10', 'worker', false, 'ready', null],
    ]);
    expect(nodes.map(({ id, name }) => lab.host(name).engine.nodeId === id)).toEqual([true, true, true, true]);
  });

  it('that are not ours have their own names', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const isAlive = (): boolean => true;
    lab.clusterOf('m').add({ role: 'worker', hostname: 'theirs', address: '192.0.2.99', isAlive });
    const { nodes } = await listNodes(lab.process().context, 'default');
    expect(nodes.map(({ name, address }) => [name, address])).toContainEqual(['theirs', '192.0.2.99']);
  });
});

describe('a swarm is opened', () => {
  it('by the manager that answers, whichever it is', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    for (const down of ['m1', 'm3']) {
      await killHosts(lab.process().context, [down]);
      const { manager, clusterId } = await openSwarm(lab.process().context, 'default');
      expect(manager.name).not.toBe(down);
      expect(clusterId).toBe(lab.clusterOf('m2').id);
      await lab.create(down);
    }
    expect((await openSwarm(lab.process().context, 'default', { except: ['m1', 'm2'] })).manager.name).toBe('m3');
  });

  it('not by a manager without a leader', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2', { managers: 2 });
    await killHosts(lab.process().context, ['m2'], { force: true });
    const refused = openSwarm(lab.process().context, 'default');
    await expect(refused).rejects.toMatchObject({
      code: 'NO_MANAGER',
      exitCode: 6,
      message: expect.stringMatching(
        /^no manager of swarm default answers \(m1 cannot manage the swarm: .*The swarm does not have a leader.*; .*m2.*\)$/s,
      ) as unknown,
    });
  });

  it('not by a locked one, nor by one that left; each says so', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    await killHosts(lab.process().context, ['m3']);
    lab.host('m1').engine.lock();
    await lab.store.update('m2', (record) => ({ ...record, endpoint: null }));
    await lab.create('w', { swarm: 'other' });
    await lab.store.update('w', (record) => ({ ...record, swarm: 'default', role: 'manager' }));
    lab.host('w').engine.inject({ call: 'GET /info', answer: { status: 500, message: 'the engine had a bad day' } });
    const error = await openSwarm(lab.process().context, 'default').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NO_MANAGER', exitCode: 6 });
    expect(String(error)).toContain('m1 is locked: it needs the unlock key');
    expect(String(error)).toMatch(/m3 is stopped/);
    expect(String(error)).toContain('the engine of w: the engine had a bad day');
    expect(String(error)).not.toContain('m2');
  });

  it('not when all managers are locked: the remedy is to unlock them', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    lab.host('m').engine.lock();
    await expect(openSwarm(lab.process().context, 'default')).rejects.toMatchObject({
      code: 'MANAGER_LOCKED',
      exitCode: 6,
      hints: ['swarmup swarm unlock', 'swarmup ls shows the state of the hosts', 'swarmup start m'],
    });
  });

  it('not when its manager is in another swarm than the one swarmup made', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    lab.host('m').engine.reset();
    lab.host('m').engine.initByHand();
    await expect(openSwarm(lab.process().context, 'default')).rejects.toMatchObject({
      code: 'FOREIGN_SWARM',
      exitCode: 3,
      host: 'm',
    });
  });

  it('not when its managers are in no swarm any more: there is nothing to start', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    lab.host('m').engine.reset();
    await expect(openSwarm(lab.process().context, 'default')).rejects.toMatchObject({
      message: 'no manager of swarm default answers (m is no longer in a swarm)',
      hints: ['nothing is left of swarm default: swarmup rm --force --yes m a forgets it, then make it again'],
    });
    const { hosts } = await removeHosts(lab.process().context, { names: ['m', 'a'], force: true });
    expect(hosts.map(({ status }) => status)).toEqual(['removed', 'removed']);
    expect((await lab.create('m a')).hosts.map(({ status }) => status)).toEqual(['created', 'created']);
  });

  it('not when its record cannot be read: that is said, and no manager is accused', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { store } = lab.process().context;
    await writeFile(join(store.home, 'swarms', 'default', 'swarm.json'), '{');
    await expect(openSwarm(lab.process().context, 'default')).rejects.toMatchObject({
      code: 'RECORD_BROKEN',
      message: expect.stringContaining('the record of swarm default cannot be read') as string,
    });
    const { hosts } = await removeHosts(lab.process().context, { names: ['m', 'a'], force: false });
    expect(hosts.map(({ status }) => status)).toEqual(['removed', 'removed']);
    expect(await store.swarms()).toEqual([]);
  });

  it('not when it does not exist', async () => {
    await using lab = await openLab();
    const unknown = { code: 'SWARM_UNKNOWN', exitCode: 2, message: 'there is no swarm named prod' };
    const makes = 'swarmup create --swarm prod manager agent1 agent2 makes one';
    await expect(openSwarm(lab.process().context, 'prod')).rejects.toMatchObject({ ...unknown, hints: [makes] });
    for (const swarm of ['prood', 'lab']) await lab.store.add(machineRecord(`m.${swarm}`, { swarm }));
    await expect(openSwarm(lab.process().context, 'prod')).rejects.toMatchObject({
      ...unknown,
      hints: ['did you mean prood?', 'the swarms on record: lab, prood', makes],
    });
  });

  it('not after the signal, whose reason is the error', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const stopped = lab.process();
    lab.host('m').engine.inject({ call: 'GET /info', before: stopped.interrupt, answer: 'hang' });
    await expect(openSwarm(stopped.context, 'default')).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
