import { describe, expect, it } from 'vitest';
import { type EnterRequest, initSwarmOn, joinHosts } from '../../../src/operations/members/enter-swarm.js';
import { leaveHosts } from '../../../src/operations/nodes/leave-hosts.js';
import { killHosts, startHosts } from '../../../src/operations/hosts/power.js';
import { removeNodes } from '../../../src/operations/nodes/remove-nodes.js';
import { swarmStatus } from '../../../src/operations/health/swarm-status.js';
import { openLab } from '../../support/lab.js';

const request = (names: string, more: Partial<EnterRequest> = {}): EnterRequest => ({
  swarm: 'default',
  names: names.split(' '),
  role: 'worker',
  advertiseAddr: undefined,
  addressPool: '198.18.0.0/15',
  agent: false,
  dryRun: false,
  ...more,
});
const leave = (names: string, force = false) => ({ swarm: 'default', names: names.split(' '), force, dryRun: false });

describe('swarm init', () => {
  it('makes a swarm on a plain host, which others then join in the role that is asked for', async () => {
    await using lab = await openLab();
    await lab.create('a b c', { swarm: null });
    const { context } = lab.process();
    const made = await initSwarmOn(context, request('a', { role: 'manager' }));
    expect(made.hosts).toEqual([{ name: 'a', status: 'joined' }]);
    expect(await lab.store.require('a')).toMatchObject({ swarm: 'default', role: 'manager' });
    expect((await joinHosts(context, request('b'))).hosts).toEqual([{ name: 'b', status: 'joined' }]);
    const joined = await joinHosts(context, request('a b c', { role: 'manager' }));
    expect(joined.hosts.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'unchanged'],
      ['b', 'unchanged'],
      ['c', 'joined'],
    ]);
    expect(joined.nodes.map(({ name, role }) => [name, role])).toEqual([
      ['a', 'manager'],
      ['c', 'manager'],
      ['b', 'worker'],
    ]);
    expect((await swarmStatus(context, 'default')).healthy).toBe(true);
  });

  it('refuses a name that is taken, and a host that is in a swarm of somebody else; nothing is changed', async () => {
    await using lab = await openLab();
    await lab.create('m');
    await lab.create('a', { swarm: null });
    const { context } = lab.process();
    await expect(initSwarmOn(context, request('a'))).rejects.toMatchObject({
      code: 'SWARM_EXISTS',
      exitCode: 2,
      hints: ['swarmup swarm join --swarm default a', 'or give another name with --swarm'],
    });
    lab.host('a').engine.initByHand();
    await expect(initSwarmOn(context, request('a', { swarm: 'lab' }))).rejects.toMatchObject({ code: 'FOREIGN_SWARM' });
    expect(await lab.store.require('a')).toMatchObject({ swarm: null, role: null });
  });
});

describe('swarm join', () => {
  it('refuses a host of another swarm, and a swarm that is not there', async () => {
    await using lab = await openLab();
    await lab.create('m');
    await lab.create('x', { swarm: 'other' });
    await lab.create('a', { swarm: null });
    const { context } = lab.process();
    await expect(joinHosts(context, request('x'))).rejects.toMatchObject({
      code: 'HOST_IN_SWARM',
      hints: ['swarmup swarm leave --swarm other x first'],
    });
    await expect(joinHosts(context, request('a', { swarm: 'prod' }))).rejects.toMatchObject({ code: 'SWARM_UNKNOWN' });
    expect(await lab.store.require('a')).toMatchObject({ swarm: null, nodeId: null });
  });

  it('only says so in a dry run', async () => {
    await using lab = await openLab();
    await lab.create('m');
    await lab.create('a', { swarm: null });
    const result = await joinHosts(lab.process().context, request('a', { dryRun: true }));
    expect(result).toMatchObject({ dryRun: true, hosts: [{ name: 'a', status: 'would-join' }] });
    expect(await lab.store.require('a')).toMatchObject({ swarm: null });
    expect(lab.host('a').engine.nodeId).toBeUndefined();
  });

  it('frees a host that was removed while it was off from what it believes to be in', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { context } = lab.process();
    await killHosts(context, ['a']);
    await removeNodes(context, { ...leave('a') });
    await startHosts(context, ['a']);
    const former = lab.host('a').engine.nodeId;
    expect(former).toBeDefined();
    expect((await joinHosts(lab.process().context, request('a'))).hosts).toEqual([{ name: 'a', status: 'joined' }]);
    const record = await lab.store.require('a');
    expect(record.nodeId).not.toBe(former);
    expect(record.formerNodeId).toBeUndefined();
    expect(lab.clusterOf('m').nodes.map(({ ID }) => ID)).toContain(record.nodeId);
  });
});

describe('swarm leave', () => {
  it('makes plain hosts of managers and workers, and they can come back', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    const { context } = lab.process();
    const left = await leaveHosts(context, leave('m1 a'));
    expect(left.nodes.map(({ name, status }) => `${name} ${status}`).sort()).toEqual(['a left', 'm1 left']);
    expect(await lab.store.require('m1')).toMatchObject({ swarm: null, role: null, nodeId: null });
    expect((await joinHosts(lab.process().context, request('m1 a'))).hosts.map(({ status }) => status)).toEqual([
      'joined',
      'joined',
    ]);
    expect(await lab.store.require('m1')).toMatchObject({ swarm: 'default', role: 'worker' });
  });

  it('refuses what costs the quorum', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await expect(leaveHosts(lab.process().context, leave('m', true))).rejects.toMatchObject({
      code: 'LAST_MANAGER',
      hints: ['swarmup node promote a first, then again'],
    });
  });

  it('ends a swarm that all hosts leave, when that is forced', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { context } = lab.process();
    await expect(leaveHosts(context, leave('m a'))).rejects.toMatchObject({ code: 'SWARM_ENDS', exitCode: 3 });
    expect(lab.clusterOf('m').nodes).toHaveLength(2);
    expect((await leaveHosts(context, leave('m a', true))).nodes.map(({ status }) => status)).toEqual(['left', 'left']);
    expect(await lab.store.readSwarm('default')).toBeUndefined();
    expect(lab.host('a').engine.cluster).toBeUndefined();
    const again = await initSwarmOn(lab.process().context, request('a', { role: 'manager' }));
    expect(again.hosts).toEqual([{ name: 'a', status: 'joined' }]);
  });
});
