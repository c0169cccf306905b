import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { describeRemoval, removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import type { HostOutcome } from '../../../src/operations/access/results.js';
import type { FakeCluster } from '../../support/fake-cluster.js';
import { hurry } from '../../support/hurry.js';
import { type Lab, openLab } from '../../support/lab.js';

const remove = async (lab: Lab, names: string, force = false): Promise<readonly HostOutcome[]> =>
  (await removeHosts(lab.process().context, { names: names.split(' '), force })).hosts;

const hostnames = (cluster: FakeCluster): readonly (string | undefined)[] =>
  cluster.nodes.map((node) => node.Description.Hostname).sort();

const recorded = async (lab: Lab): Promise<readonly string[]> =>
  (await lab.store.list()).machines.map((record) => record.name);

describe('rm of a worker', () => {
  it('drains it, lets it leave, and takes it off the list', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const cluster = lab.clusterOf('m');
    const nodeId = lab.host('a').engine.nodeId ?? '';
    cluster.addTask(nodeId);
    const [before, beforeOnHost] = [lab.host('m').engine.calls.length, lab.host('a').engine.calls.length];
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(hostnames(cluster)).toEqual(['b', 'm']);
    expect(cluster.tasks).toEqual([]);
    const calls = lab.host('m').engine.calls.slice(before);
    // Asked at once, in any order: what its tasks are.
    expect([...calls.slice(0, 4), ...calls.slice(4, 7).toSorted(), ...calls.slice(7)]).toEqual([
      'GET /info',
      'GET /nodes',
      'GET /info',
      'GET /nodes',
      'GET /nodes',
      'GET /services',
      'GET /tasks',
      'GET /info',
      'GET /nodes/*',
      'GET /nodes/*',
      'POST /nodes/*/update',
      'GET /tasks',
      'DELETE /nodes/*',
    ]);
    expect(lab.host('a').engine.calls.slice(beforeOnHost)).toEqual(['GET /info', 'POST /swarm/leave']);
    expect(await recorded(lab)).toEqual(['b', 'm']);
    expect([...(await lab.files()).keys()].filter((path) => path.includes('/a/'))).toEqual([]);
    expect(lab.world.hosts.size).toBe(2);
  });

  it('waits for its tasks to move, and goes on with a warning when they cannot', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const cluster = lab.clusterOf('m');
    cluster.tasksAreStuck = true;
    cluster.addTask(lab.host('a').engine.nodeId ?? '');
    const { context, events } = lab.process();
    const { hosts } = await hurry(30_000, 500, () => removeHosts(context, { names: ['a'], force: false }));
    expect(hosts).toEqual([{ name: 'a', status: 'removed' }]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', host: 'a', message: 'waited 30 s for the tasks of a to move' }),
    );
    expect(events).toContainEqual(expect.objectContaining({ type: 'step-detail', message: 'drain: 1 tasks left' }));
  });

  it('that was stopped needs no force: its managers know that it is down', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    await killHosts(lab.process().context, ['a']);
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(hostnames(lab.clusterOf('m'))).toEqual(['m']);
  });

  it('that does not answer, though its managers do not know yet, fails without force', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    lab.heartbeats = false;
    await killHosts(lab.process().context, ['a']);
    const [outcome] = await remove(lab, 'a');
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'LEAVE_FAILED', host: 'a', hints: ['swarmup rm --force --yes a removes it all the same'] },
    });
    expect(outcome?.error?.message).toMatch(/^a could not leave swarm default: .*127\.0\.0\.1/);
    expect(await lab.store.read('a')).toMatchObject({ phase: 'removing' });
    expect(await remove(lab, 'a', true)).toEqual([{ name: 'a', status: 'removed' }]);
    expect(hostnames(lab.clusterOf('m'))).toEqual(['m']);
  });

  it('can be repeated after the driver failed', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const { shutDown } = lab.world;
    lab.world.shutDown = async (host) => {
      lab.world.shutDown = shutDown;
      throw new SwarmupError('STUCK', `${host.name} does not go`, { host: host.name });
    };
    expect(await remove(lab, 'a')).toMatchObject([{ name: 'a', status: 'failed', error: { code: 'STUCK' } }]);
    expect(await recorded(lab)).toEqual(['a', 'b', 'm']);
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(await recorded(lab)).toEqual(['b', 'm']);
  });

  it('does not stop the others when one fails', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    lab.host('a').engine.inject({ call: 'POST /swarm/leave', answer: { status: 500, message: 'not today' } });
    const outcomes = await remove(lab, 'a b');
    expect(outcomes.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'failed'],
      ['b', 'removed'],
    ]);
    expect(outcomes[0]?.error?.message).toContain('not today');
    expect(hostnames(lab.clusterOf('m'))).toEqual(['a', 'm']);
  });

  it('whose node was taken off the list by hand', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    lab.clusterOf('m').remove(lab.host('a').engine.nodeId ?? '', true);
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
  });

  it('that is changed by somebody else at the same time: reads it again', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const cluster = lab.clusterOf('m');
    const touch = (): void => {
      cluster.touch(lab.host('a').engine.nodeId ?? '');
    };
    lab.host('m').engine.inject({ call: 'POST /nodes/*/update', before: touch, times: 2 });
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(hostnames(cluster)).toEqual(['m']);
  });
});

describe('rm of managers', () => {
  it('demotes them first, one after another', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    const cluster = lab.clusterOf('m1');
    let leaving = 0;
    let peak = 0;
    for (const name of ['m2', 'm3']) {
      const { engine } = lab.host(name);
      engine.inject({
        call: 'POST /swarm/leave',
        before: async () => {
          expect(cluster.isManager(engine.nodeId ?? '')).toBe(false);
          peak = Math.max(peak, ++leaving);
          await new Promise(setImmediate);
          leaving -= 1;
        },
      });
    }
    expect((await remove(lab, 'm2 m3')).map(({ status }) => status)).toEqual(['removed', 'removed']);
    expect(peak).toBe(1);
    expect(hostnames(cluster)).toEqual(['a', 'm1']);
  });

  it('lets the first one go, too', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    const cluster = lab.clusterOf('m1');
    expect(await remove(lab, 'm1')).toEqual([{ name: 'm1', status: 'removed' }]);
    expect(hostnames(cluster)).toEqual(['m2', 'm3']);
    expect((await lab.create('a')).nodes.map(({ name }) => name).sort()).toEqual(['a', 'm2', 'm3']);
  });

  it('refuses the last one while workers stay, before anything is touched', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const files = await lab.files();
    await expect(remove(lab, 'm')).rejects.toMatchObject({
      code: 'LAST_MANAGER',
      exitCode: 3,
      message: 'm cannot be removed: swarm default would be left without a manager',
    });
    expect(await lab.files()).toEqual(files);
    expect(hostnames(lab.clusterOf('m'))).toEqual(['a', 'm']);
  });

  it('refuses what would cost the quorum', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    await killHosts(lab.process().context, ['m3']);
    await expect(remove(lab, 'm1 m2')).rejects.toMatchObject({ code: 'QUORUM_AT_RISK', exitCode: 3 });
    expect(await remove(lab, 'm3')).toEqual([{ name: 'm3', status: 'removed' }]);
    expect(hostnames(lab.clusterOf('m1'))).toEqual(['a', 'm1', 'm2']);
  });

  it('removes the last one by force and says what was not clean', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { context, events } = lab.process();
    const { hosts } = await removeHosts(context, { names: ['m'], force: true });
    expect(hosts).toEqual([{ name: 'm', status: 'removed' }]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        host: 'm',
        message: expect.stringMatching(/^m did not leave the swarm properly: no manager of swarm default/) as unknown,
      }),
    );
    expect(await recorded(lab)).toEqual(['a']);
  });
});

describe('rm of everything', () => {
  it('removes a whole swarm without leaving it first', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const engines = ['m', 'a', 'b'].map((name) => lab.host(name).engine);
    const calls = engines.map((engine) => engine.calls.length);
    const outcomes = await remove(lab, 'm a b');
    expect(outcomes.map(({ status }) => status)).toEqual(['removed', 'removed', 'removed']);
    expect(engines.map((engine) => engine.calls.length)).toEqual(calls);
    expect(await lab.store.list()).toEqual({ machines: [], broken: [] });
    expect(await lab.store.readSwarm('default')).toBeUndefined();
    expect((await lab.create('m')).hosts[0]?.status).toBe('created');
  });

  it('finishes a removal in which one host failed', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { shutDown } = lab.world;
    lab.world.shutDown = async (host) => {
      if (host.name === 'a') throw new SwarmupError('STUCK', 'a does not go', { host: 'a' });
      await shutDown(host);
    };
    expect((await remove(lab, 'm a')).map(({ status }) => status)).toEqual(['removed', 'failed']);
    expect(await lab.store.readSwarm('default')).toBeDefined();
    lab.world.shutDown = shutDown;
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(await lab.store.readSwarm('default')).toBeUndefined();
    expect(lab.world.hosts.size).toBe(0);
  });

  it('removes plain hosts, and hosts of several swarms', async () => {
    await using lab = await openLab();
    await lab.create('p', { swarm: null });
    await lab.create('x', { swarm: 'one' });
    await lab.create('y z', { swarm: 'two' });
    expect((await remove(lab, 'p x z')).map(({ status }) => status)).toEqual(['removed', 'removed', 'removed']);
    expect(await lab.store.readSwarm('one')).toBeUndefined();
    expect(hostnames(lab.clusterOf('y'))).toEqual(['y']);
  });
});

describe('rm of a half-made host', () => {
  it('that has no more than a record', async () => {
    await using lab = await openLab();
    lab.onBoot = (name) => {
      if (name === 'a') throw new SwarmupError('NO_ROOM', 'no room for a', { host: 'a' });
      return {};
    };
    await lab.create('m a');
    expect(await lab.store.read('a')).toMatchObject({ phase: 'creating', endpoint: null });
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(await recorded(lab)).toEqual(['m']);
  });

  it('that joined without its record knowing: asks the host', async () => {
    await using lab = await openLab();
    lab.onBoot = (name) => (name === 'a' ? { faults: [{ call: 'POST /swarm/join', cut: true, times: 1 }] } : {});
    await lab.create('m a');
    expect(await lab.store.read('a')).toMatchObject({ nodeId: null });
    expect(hostnames(lab.clusterOf('m'))).toEqual(['a', 'm']);
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(hostnames(lab.clusterOf('m'))).toEqual(['m']);
  });

  it('of a swarm that was begun and never made, one by one', async () => {
    await using lab = await openLab();
    lab.onBoot = (name) => (name === 'm' ? { faults: [{ call: 'POST /swarm/init', cut: true, times: 1 }] } : {});
    await lab.create('m a');
    expect(await remove(lab, 'm')).toEqual([{ name: 'm', status: 'removed' }]);
    expect(await remove(lab, 'a')).toEqual([{ name: 'a', status: 'removed' }]);
    expect(lab.world.hosts.size).toBe(0);
  });
});

describe('rm of unknown hosts', () => {
  it('touches nothing when one name is unknown', async () => {
    await using lab = await openLab();
    await lab.create('agent1');
    const files = await lab.files();
    const unknown = { code: 'HOST_UNKNOWN', exitCode: 2, message: 'there is no host named agent2' };
    await expect(remove(lab, 'agent1 agent2')).rejects.toMatchObject(unknown);
    await expect(describeRemoval(lab.process().context, ['agent1', 'agent2'])).rejects.toMatchObject(unknown);
    expect(await lab.files()).toEqual(files);
  });

  it('with force, removes the others and says so', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const { context, events } = lab.process();
    expect(await removeHosts(context, { names: ['m', 'x'], force: true })).toEqual({
      hosts: [{ name: 'm', status: 'removed' }],
    });
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', message: 'there is no host named x' }));
  });

  it('that another command removed while this one waited is as good as done', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const results = await Promise.all([remove(lab, 'a'), remove(lab, 'a')]);
    expect(results).toEqual(Array(2).fill([{ name: 'a', status: 'removed' }]));
  });
});

it('asks the guardian and touches nothing in a dry run', async () => {
  await using lab = await openLab();
  await lab.create('m a');
  const before = await lab.files();
  const dry = (...names: string[]): Promise<unknown> =>
    removeHosts(lab.process().context, { names, force: false, dryRun: true });
  expect(await dry('a')).toEqual({ hosts: [{ name: 'a', status: 'would-remove' }] });
  await expect(dry('m')).rejects.toMatchObject({ code: 'LAST_MANAGER', exitCode: 3 });
  expect(await lab.files()).toEqual(before);
  expect(lab.world.hosts.size).toBe(2);
  expect(hostnames(lab.clusterOf('m'))).toEqual(['a', 'm']);
});

it('tells what a removal takes away', async () => {
  await using lab = await openLab();
  await lab.create('m a');
  await lab.create('p', { swarm: null });
  expect(await describeRemoval(lab.process().context, ['m', 'a', 'p'])).toEqual([
    'm (fake, manager of swarm default)',
    'a (fake, worker of swarm default)',
    'p (fake)',
  ]);
});
