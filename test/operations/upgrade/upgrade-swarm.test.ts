import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { upgradeSwarm } from '../../../src/operations/upgrade/upgrade-swarm.js';
import type { SwarmNode } from '../../../src/swarm/swarm-api.js';
import { type Lab, openLab } from '../../support/lab.js';

const [old, wanted] = ['20.10.24-1', '27.3.1-1'];

let lab: Lab;
/** Version of the package by host. */
let installed: Map<string, string>;
/** Hosts in the order in which they were upgraded. */
let order: string[];
let broken: string | undefined;
beforeEach(async () => {
  lab = await openLab();
  await lab.create('m1 m2 m3 w1 w2 w3', { managers: 3 });
  installed = new Map(['m1', 'm2', 'm3', 'w1', 'w2', 'w3'].map((name) => [name, old]));
  order = [];
  broken = undefined;
  lab.onScript = (host, title) => {
    switch (title) {
      case 'search the package lists for Docker':
        return { stdout: `swarmup-offers\ndocker.io|${wanted}|x Packages\n` };
      case 'find the package that contains Docker':
        return { stdout: `swarmup-installed\ndocker.io|${installed.get(host) ?? ''}|${wanted}\n` };
      case 'install Docker':
        // No other node is without its tasks meanwhile than those that are upgraded.
        order.push(`${host} while ${drained().join(' ')} drained`);
        if (host === broken)
          return { exitCode: 100, stdout: 'E: Sub-process /usr/bin/dpkg returned an error code (1)\n' };
        installed.set(host, wanted);
        return {};
      case 'mark the engine for a restart':
      case 'check whether the new engine runs':
        return {};
      default:
        return undefined;
    }
  };
});
afterEach(() => lab[Symbol.asyncDispose]());

const nodes = () => lab.clusterOf('m1').list();
const drained = (): readonly string[] =>
  nodes()
    .filter(({ Spec }) => Spec.Availability === 'drain')
    .map(({ Description }) => Description.Hostname ?? '')
    .sort();
const run = (changes: { maxUnavailable?: number; dryRun?: boolean } = {}) =>
  upgradeSwarm(lab.process().context, {
    swarm: 'default',
    version: undefined,
    maxUnavailable: 1,
    force: false,
    dryRun: false,
    ...changes,
  });
const statuses = (hosts: Awaited<ReturnType<typeof run>>['hosts']) =>
  Object.fromEntries(hosts.map(({ name, status, step }) => [name, `${String(step)} ${status}`]));
const clean = (): void => {
  for (const { Spec } of nodes()) expect(Spec).toMatchObject({ Availability: 'active', Labels: {} });
};

describe('swarm upgrade', () => {
  it('goes through workers and managers, the leader last, and leaves every node as it was', async () => {
    const planned = await run({ maxUnavailable: 2, dryRun: true });
    const steps = { m1: '5', m2: '3', m3: '4', w1: '1', w2: '2', w3: '2' };
    expect(statuses(planned.hosts)).toEqual(
      Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, `${step} would-upgrade`])),
    );
    expect(order).toEqual([]);
    const done = await run({ maxUnavailable: 2 });
    expect(done).toMatchObject({ next: [], ends: [] });
    expect(done.hosts.every(({ status, from, to }) => status === 'upgraded' && from === old && to === wanted)).toBe(
      true,
    );
    expect(order).toHaveLength(6);
    expect([order[0], ...order.slice(1, 3).sort(), ...order.slice(3)]).toEqual([
      'w1 while w1 drained',
      'w2 while w2 w3 drained',
      'w3 while w2 w3 drained',
      'm2 while m2 drained',
      'm3 while m3 drained',
      'm1 while m1 drained',
    ]);
    clean();
  });

  it('stops at the first host that goes wrong, and goes on with what is left', async () => {
    broken = 'w2';
    const stopped = await run();
    expect(statuses(stopped.hosts)).toEqual({
      w1: '1 upgraded',
      w2: '2 failed',
      w3: '3 not-tried',
      m2: '4 not-tried',
      m3: '5 not-tried',
      m1: '6 not-tried',
    });
    expect(stopped.hosts.find(({ name }) => name === 'w2')?.error).toMatchObject({ code: 'ENGINE_INSTALL_FAILED' });
    expect(stopped.next).toEqual(['fix w2, then go on: swarmup swarm upgrade']);
    // Its old engine serves: its tasks may come back.
    clean();
    broken = undefined;
    const rest = await run();
    expect(statuses(rest.hosts)).toMatchObject({ w1: 'null unchanged', w2: '1 upgraded', m1: '5 upgraded' });
    clean();
  });

  /** By hand, as with a docker CLI. */
  const change = (name: string, spec: Partial<SwarmNode['Spec']>): void => {
    const node = nodes().find(({ Description }) => Description.Hostname === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    lab.clusterOf('m1').update(node.ID, String(node.Version.Index), { ...node.Spec, ...spec });
  };

  it('does not give back what somebody drained after a run that was killed', async () => {
    for (const name of installed.keys()) installed.set(name, wanted);
    change('w1', { Availability: 'active', Labels: { 'swarmup.upgrading': 'active' } });
    expect(statuses((await run()).hosts)).toMatchObject({ w1: 'null unchanged' });
    change('w1', { Availability: 'drain' });
    await run();
    expect(drained()).toEqual(['w1']);
  });

  it('killed between draining and giving back, gives back in the next run, also where the version is right', async () => {
    change('w1', { Availability: 'drain', Labels: { 'swarmup.upgrading': 'active' } });
    for (const name of installed.keys()) installed.set(name, wanted);
    expect(statuses((await run()).hosts)).toMatchObject({ w1: '1 unchanged', w2: 'null unchanged' });
    expect(order).toEqual([]);
    clean();
  });

  it('is refused before anything is done when a node is not Ready, or a manager cannot be spared', async () => {
    await killHosts(lab.process().context, ['w3']);
    await expect(run()).rejects.toMatchObject({ code: 'SWARM_UNHEALTHY', exitCode: 6, host: 'w3' });
    expect(order).toEqual([]);
  });

  it('of two managers is refused: neither can restart without the other losing the quorum', async () => {
    await using small = await openLab();
    await small.create('a b', { managers: 2 });
    small.onScript = lab.onScript;
    installed.set('a', old).set('b', old);
    const request = { swarm: 'default', version: undefined, maxUnavailable: 1, force: false, dryRun: false };
    await expect(upgradeSwarm(small.process().context, request)).rejects.toMatchObject({
      code: 'QUORUM_AT_RISK',
      exitCode: 3,
    });
    expect(order).toEqual([]);
  });
});
