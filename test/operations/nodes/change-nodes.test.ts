import { describe, expect, it } from 'vitest';
import { activateNodes, updateNodes } from '../../../src/operations/nodes/change-nodes.js';
import { demoteNodes, promoteNodes } from '../../../src/operations/nodes/change-roles.js';
import { inspectNodes } from '../../../src/operations/nodes/inspect-nodes.js';
import { pruneNodes } from '../../../src/operations/nodes/list-nodes.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { removeNodes } from '../../../src/operations/nodes/remove-nodes.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { drainNodes } from '../../../src/operations/nodes/drain-nodes.js';
import { hostEngine, openSwarm } from '../../../src/operations/access/swarm-access.js';
import { joinSwarm } from '../../../src/swarm/swarm-api.js';
import { type Lab, openLab } from '../../support/lab.js';
import { roleCertificate } from '../../support/node-certificate.js';
import { listNodes } from '../../../src/operations/access/node-rows.js';

const base = { swarm: 'default', dryRun: false };
const role = async (lab: Lab, name: string): Promise<string | null> => (await lab.store.require(name)).role;
const specOf = (lab: Lab, name: string) =>
  lab.clusterOf('m1').nodes.find(({ ID }) => ID === lab.host(name).engine.nodeId)?.Spec;

describe('node promote', () => {
  it('makes workers managers one by one, and their records follow', async () => {
    await using lab = await openLab();
    await lab.create('m1 a b');
    const { context } = lab.process();
    const { calls } = lab.host('m1').engine;
    const before = calls.length;
    const result = await promoteNodes(context, { ...base, names: ['a', 'b', 'm1'] });
    // The second write of each shows that both have the state.
    expect(calls.slice(before).filter((call) => call === 'POST /nodes/*/update')).toHaveLength(4);
    expect(result.nodes).toEqual([
      { name: 'a', status: 'promoted' },
      { name: 'b', status: 'promoted' },
      { name: 'm1', status: 'unchanged' },
    ]);
    expect([await role(lab, 'a'), await role(lab, 'b')]).toEqual(['manager', 'manager']);
    // A manager that is on record as one is asked, too.
    expect((await openSwarm(context, 'default', { except: ['m1', 'b'] })).manager.name).toBe('a');
  });

  it('refuses a node that is down', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    await killHosts(lab.process().context, ['a']);
    await expect(promoteNodes(lab.process().context, { ...base, names: ['a'] })).rejects.toMatchObject({
      code: 'NODE_DOWN',
      exitCode: 3,
    });
    expect(await role(lab, 'a')).toBe('worker');
  });

  it('does not call a manager one that is only to be', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    await killHosts(lab.process().context, ['m3']);
    await expect(promoteNodes(lab.process().context, { ...base, names: ['m3'] })).rejects.toMatchObject({
      code: 'NODE_DOWN',
      exitCode: 3,
    });
  });
});

describe('node demote', () => {
  it('makes managers workers, the leader last, through one that stays', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    const before = lab.host('m3').engine.calls.length;
    const result = await demoteNodes(lab.process().context, { ...base, names: ['m1', 'm2'] });
    expect(result.nodes).toEqual([
      { name: 'm1', status: 'demoted' },
      { name: 'm2', status: 'demoted' },
    ]);
    expect(lab.host('m3').engine.calls.slice(before)).toContain('POST /nodes/*/update');
    expect([await role(lab, 'm1'), await role(lab, 'm2'), await role(lab, 'm3')]).toEqual([
      'worker',
      'worker',
      'manager',
    ]);
  });

  it('waits until the host itself knows it: an engine that is restarted before does not come back', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    const { engine } = lab.host('m2');
    const Swarm = { NodeID: engine.nodeId, LocalNodeState: 'active', ControlAvailable: true, Error: '' };
    const stale = { Name: 'm2', Swarm: { ...Swarm, Cluster: { ID: lab.clusterOf('m2').id } } };
    engine.inject({ call: 'GET /info', times: 10, body: stale });
    const looks = (): number => engine.calls.filter((call) => call === 'GET /info').length;
    const before = looks();
    const { nodes } = await demoteNodes(lab.process().context, { ...base, names: ['m2'] });
    expect(nodes).toEqual([{ name: 'm2', status: 'demoted' }]);
    expect(looks() - before).toBeGreaterThan(10);
  });

  it('waits for the certificate that says so, which comes last', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    const [manager, worker] = [await roleCertificate('manager'), await roleCertificate('worker')];
    let looks = 0;
    lab.onScript = (host, title) =>
      title === 'read the certificate of the node'
        ? { stdout: host === 'm2' && (looks += 1) > 3 ? worker : manager }
        : undefined;
    const { nodes } = await demoteNodes(lab.process().context, { ...base, names: ['m2'] });
    expect(nodes).toEqual([{ name: 'm2', status: 'demoted' }]);
    expect(looks).toBe(4);
  });

  it('refuses the last manager, and one that the quorum needs; nothing is changed', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 a', { managers: 2 });
    const { context } = lab.process();
    await expect(demoteNodes(context, { ...base, names: ['m1', 'm2'] })).rejects.toMatchObject({
      code: 'LAST_MANAGER',
      hints: ['swarmup node promote a first, then again'],
    });
    expect([await role(lab, 'm1'), await role(lab, 'm2')]).toEqual(['manager', 'manager']);
    expect(specOf(lab, 'm1')?.Role).toBe('manager');
  });

  it('only says so in a dry run', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    const result = await demoteNodes(lab.process().context, { ...base, names: ['m3'], dryRun: true });
    expect(result).toMatchObject({ dryRun: true, nodes: [{ name: 'm3', status: 'would-demote' }] });
    expect(await role(lab, 'm3')).toBe('manager');
    expect(specOf(lab, 'm3')?.Role).toBe('manager');
  });
});

describe('node update and activate', () => {
  it('change labels and availability, and nothing when there is nothing to change', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    const { context } = lab.process();
    const update = { ...base, names: ['a'], addLabels: {}, removeLabels: [], availability: undefined, force: false };
    const labelled = await updateNodes(context, { ...update, addLabels: { zone: 'a' } });
    expect(labelled.nodes).toEqual([{ name: 'a', status: 'updated' }]);
    expect(specOf(lab, 'a')?.Labels).toEqual({ 'swarmup.managed': 'true', zone: 'a' });
    expect((await updateNodes(context, { ...update, addLabels: { zone: 'a' } })).nodes[0]?.status).toBe('unchanged');
    await updateNodes(context, { ...update, removeLabels: ['zone'], availability: 'drain' });
    expect(specOf(lab, 'a')).toMatchObject({ Labels: { 'swarmup.managed': 'true' }, Availability: 'drain' });
    expect((await activateNodes(context, { ...base, names: ['a'] })).nodes[0]?.status).toBe('activated');
    expect((await activateNodes(context, { ...base, names: ['a'] })).nodes[0]?.status).toBe('unchanged');
    expect((await inspectNodes(context, { swarm: 'default', names: ['a'] })).nodes[0]).toMatchObject({
      name: 'a',
      availability: 'active',
      labels: { 'swarmup.managed': 'true' },
    });
  });

  it('say what a node is to be for good: no upgrade that was killed gives it back later', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    const { context } = lab.process();
    const update = { ...base, names: ['a'], addLabels: {}, removeLabels: [], availability: undefined, force: false };
    const leftByUpgrade = (): Promise<unknown> =>
      updateNodes(context, { ...update, availability: 'drain' }).then(() =>
        updateNodes(context, { ...update, addLabels: { 'swarmup.upgrading': 'active' } }),
      );
    const drained = { Labels: { 'swarmup.managed': 'true' }, Availability: 'drain' };
    await leftByUpgrade();
    const drain = { ...base, names: ['a'], zeroDowntime: false, force: false };
    expect((await drainNodes(context, drain)).nodes).toEqual([{ name: 'a', status: 'drained' }]);
    expect(specOf(lab, 'a')).toMatchObject(drained);
    expect(specOf(lab, 'a')?.Labels).toEqual(drained.Labels);
    expect((await drainNodes(context, drain)).nodes).toEqual([{ name: 'a', status: 'unchanged' }]);
    await leftByUpgrade();
    await updateNodes(context, { ...update, availability: 'drain' });
    expect(specOf(lab, 'a')?.Labels).toEqual(drained.Labels);
    await leftByUpgrade();
    await activateNodes(context, { ...base, names: ['a'] });
    expect(specOf(lab, 'a')).toMatchObject({ ...drained, Availability: 'active' });
    expect(specOf(lab, 'a')?.Labels).toEqual(drained.Labels);
  });

  it('see who has become a manager without swarmup', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    const { context } = lab.process();
    const cluster = lab.clusterOf('m1');
    const node = cluster.nodes.find(({ ID }) => ID === lab.host('a').engine.nodeId);
    if (node === undefined) throw new Error('no node a');
    cluster.update(node.ID, String(node.Version.Index), { ...node.Spec, Role: 'manager' });
    await activateNodes(context, { ...base, names: ['m1'] });
    expect(await role(lab, 'a')).toBe('manager');
    expect((await openSwarm(context, 'default', { except: ['m1'] })).manager.name).toBe('a');
  });

  it('name what is like an unknown node', async () => {
    await using lab = await openLab();
    await lab.create('m1 agent1');
    await expect(activateNodes(lab.process().context, { ...base, names: ['agnt1'] })).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
      exitCode: 2,
      hints: ['did you mean agent1?', 'swarmup node ls shows them'],
    });
  });
});

describe('node rm', () => {
  it('demotes, drains, makes the host leave and removes; the host stays, in no swarm', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a', { managers: 3 });
    const { context } = lab.process();
    const result = await removeNodes(context, { ...base, names: ['m2', 'a'], force: false });
    expect(result.nodes.toSorted((x, y) => (x.name < y.name ? -1 : 1))).toEqual([
      { name: 'a', status: 'removed' },
      { name: 'm2', status: 'removed' },
    ]);
    expect(lab.host('m2').engine.cluster).toBeUndefined();
    expect((await listNodes(context, 'default')).nodes.map(({ name }) => name)).toEqual(['m1', 'm3']);
    expect(await lab.store.require('m2')).toMatchObject({ nodeId: null, role: null, swarm: null });
  });

  it('refuses what would cost the quorum, whatever is forced', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3', { managers: 3 });
    await killHosts(lab.process().context, ['m3']);
    const refused = removeNodes(lab.process().context, { ...base, names: ['m2'], force: true });
    await expect(refused).rejects.toMatchObject({ code: 'QUORUM_AT_RISK', exitCode: 3 });
    expect(lab.clusterOf('m1').nodes).toHaveLength(3);
  });

  it('forgets a node that is down, and its host has to leave when it is back', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    const nodeId = lab.host('a').engine.nodeId;
    await killHosts(lab.process().context, ['a']);
    const result = await removeNodes(lab.process().context, { ...base, names: ['a'], force: false });
    expect(result.nodes).toEqual([{ name: 'a', status: 'removed' }]);
    expect(await lab.store.require('a')).toMatchObject({ nodeId: null, formerNodeId: nodeId });
  });

  /** The host has joined again by hand, and what it was is listed as Down. Resolves to that. */
  const rejoined = async (lab: Lab): Promise<string> => {
    const cluster = lab.clusterOf('m1');
    const { engine } = lab.host('a');
    const former = engine.nodeId ?? '';
    engine.reset();
    cluster.noticeLosses();
    const advertiseAddr = engine.address;
    const remoteAddrs = [`${lab.host('m1').engine.address}:2377`];
    const { context } = lab.process();
    await joinSwarm(hostEngine(context, await lab.store.require('a')), {
      ...{ advertiseAddr, remoteAddrs, token: cluster.tokens.Worker, signal: undefined },
    });
    return former;
  };

  it('of what a host was before it joined again by hand leaves the host what it is', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    const former = await rejoined(lab);
    const { context } = lab.process();
    const result = await removeNodes(context, { ...base, names: [former], force: false });
    expect(result.nodes).toMatchObject([{ status: 'removed' }]);
    const { cluster, nodeId } = lab.host('a').engine;
    expect(cluster).toBe(lab.clusterOf('m1'));
    expect(await lab.store.require('a')).toMatchObject({ nodeId, role: 'worker', swarm: 'default' });
    expect((await listNodes(context, 'default')).nodes.map(({ id }) => id)).toEqual([
      lab.host('m1').engine.nodeId,
      nodeId,
    ]);
  });

  it('is no part of that when the host itself is removed: it goes as what it is now', async () => {
    await using lab = await openLab();
    await lab.create('m1 a');
    await rejoined(lab);
    const { context } = lab.process();
    expect((await removeHosts(context, { names: ['a'], force: false })).hosts).toEqual([
      { name: 'a', status: 'removed' },
    ]);
    expect(lab.clusterOf('m1').nodes).toHaveLength(1);
  });

  it('does not forget a Ready node that is not ours, unless it is forced to', async () => {
    await using lab = await openLab();
    await lab.create('m1');
    const isAlive = (): boolean => true;
    lab.clusterOf('m1').add({ role: 'worker', hostname: 'theirs', address: '192.0.2.99', isAlive });
    const remove = async (force: boolean) =>
      (await removeNodes(lab.process().context, { ...base, names: ['theirs'], force })).nodes;
    expect(await remove(false)).toMatchObject([{ status: 'failed', error: { code: 'NODE_NOT_OURS' } }]);
    expect(await remove(true)).toEqual([{ name: 'theirs', status: 'removed' }]);
  });
});

describe('node ls --prune', () => {
  it('marks former nodes, and takes only them off the list', async () => {
    await using lab = await openLab();
    await lab.create('m1 m2 m3 a b', { managers: 3 });
    const cluster = lab.clusterOf('m1');
    await killHosts(lab.process().context, ['b']);
    const isAlive = (): boolean => false;
    const former = ['a', 'm3'].map((hostname) =>
      cluster.add({ role: 'worker', hostname, address: '192.0.2.98', isAlive }),
    );
    const other = cluster.add({ role: 'worker', hostname: 'elsewhere', address: '192.0.2.97', isAlive });
    cluster.noticeLosses();
    const { context } = lab.process();
    const marked = (await listNodes(context, 'default')).nodes.filter((row) => row.former).map(({ id }) => id);
    expect(marked.sort()).toEqual(former.toSorted());
    const dry = await pruneNodes(context, { ...base, dryRun: true });
    expect(dry.pruned.toSorted()).toEqual(former.toSorted());
    expect(cluster.nodes).toHaveLength(8);
    const { nodes, pruned } = await pruneNodes(context, base);
    expect(pruned.toSorted()).toEqual(former.toSorted());
    expect(nodes.map(({ id }) => id)).toContain(other);
    expect(nodes.map(({ name, state }) => `${name} ${state}`)).toContain('b down');
    expect(cluster.nodes).toHaveLength(6);
  });
});
