import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { factsText } from '../../bootstrap/facts-text.js';
import type { EngineFault } from '../../support/fake-engine.js';
import { type BootChange, type Lab, openLab } from '../../support/lab.js';
import { expectWhole } from './expect-whole.js';

/** Gives the first so-named host what goes wrong, and later ones nothing. */
function once(lab: Lab, name: string, change: BootChange): void {
  let isFirst = true;
  lab.onBoot = (booting) => {
    if (booting !== name || !isFirst) return {};
    isFirst = false;
    return change;
  };
}

const scriptFailsOnce = (title: string, stdout: string, exitCode: number) => (lab: Lab) => {
  let isFirst = true;
  lab.onScript = (host, running) => {
    if (host !== 'a' || running !== title || !isFirst) return undefined;
    isFirst = false;
    return { stdout, stderr: 'no space left on device\n', exitCode };
  };
};

const engineFails =
  (host: string, call: string, fault: Omit<EngineFault, 'call'>) =>
  (lab: Lab): void => {
    once(lab, host, { faults: [{ call, times: 1, ...fault }] });
  };

const answer = { status: 500, message: 'the engine had a bad day' };

interface FailingStep {
  readonly step: string;
  readonly what: string;
  readonly spoil: (lab: Lab) => void;
  readonly code: string;
  /** What the user does before trying again. */
  readonly repair?: (lab: Lab) => Promise<unknown>;
}

const failingSteps: readonly FailingStep[] = [
  {
    step: 'a/create',
    what: 'the driver fails',
    spoil: (lab) => {
      lab.onBoot = (name) => {
        if (name !== 'a') return {};
        lab.onBoot = () => ({});
        throw new SwarmupError('NO_ROOM', 'no room for a', { host: 'a' });
      };
    },
    code: 'NO_ROOM',
  },
  {
    step: 'a/reachable',
    what: 'another host answers',
    spoil: (lab) => {
      once(lab, 'a', { hostKey: generateSshKey('other') });
    },
    code: 'HOST_KEY_MISMATCH',
    repair: (lab) => killHosts(lab.process().context, ['a']),
  },
  {
    step: 'a/facts',
    what: 'the facts are garbled',
    spoil: scriptFailsOnce('read facts', 'hello', 0),
    code: 'FACTS_UNREADABLE',
  },
  {
    step: 'a/install',
    what: 'the host runs what nobody knows',
    spoil: scriptFailsOnce('read facts', factsText({ unit: undefined, os: 'ID=haiku' }), 0),
    code: 'OS_UNSUPPORTED',
  },
  {
    step: 'a/engine',
    what: 'its disk is full',
    spoil: scriptFailsOnce('configure Docker', '', 1),
    code: 'REMOTE_COMMAND_FAILED',
  },
  {
    step: 'swarm/open',
    what: 'init fails',
    spoil: engineFails('m', 'POST /swarm/init', { answer }),
    code: 'ENGINE_500',
  },
  {
    step: 'swarm/open',
    what: 'the answer to init is lost',
    spoil: engineFails('m', 'POST /swarm/init', { cut: true }),
    code: 'ENGINE_UNREACHABLE',
  },
  { step: 'a/join', what: 'join fails', spoil: engineFails('a', 'POST /swarm/join', { answer }), code: 'ENGINE_500' },
  {
    step: 'a/join',
    what: 'the answer to join is lost',
    spoil: engineFails('a', 'POST /swarm/join', { cut: true }),
    code: 'ENGINE_UNREACHABLE',
  },
  {
    step: 'm/ready',
    what: 'the label cannot be set',
    spoil: engineFails('m', 'POST /nodes/*/update', { answer }),
    code: 'ENGINE_500',
  },
];

describe('create, where one step fails once', () => {
  it.each(failingSteps)('$step: $what; a second run goes on from there', async ({ step, spoil, code, repair }) => {
    await using lab = await openLab();
    spoil(lab);
    const { events, create } = lab.process();
    const first = await create('m a');
    const failures = events.filter((event) => event.type === 'step-failed');
    expect(failures.map((event) => [event.step, event.error.code])).toEqual([[step, code]]);
    const host = failures[0]?.host;
    expect(first.hosts.find(({ name }) => name === host)).toMatchObject({ status: 'failed', error: { code } });
    expect(first.next[0]).toMatch(/^swarmup create m a /);
    await repair?.(lab);
    const second = await lab.create('m a');
    expect(second.hosts.map(({ status }) => status)).not.toContain('failed');
    expect(second.hosts.find(({ name }) => name === host)?.status).toBe('resumed');
    await expectWhole(lab, 'm a');
  });

  it('and the driver had not finished, although the host runs: it is called again', async () => {
    await using lab = await openLab();
    scriptFailsOnce('read facts', 'hello', 0)(lab);
    await lab.create('m a');
    const made = (): number => lab.world.calls.filter((call) => call === 'create a').length;
    expect(made()).toBe(1);
    await lab.store.update('a', (record) => ({ ...record, endpoint: null }));
    expect((await lab.create('m a')).hosts.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(made()).toBe(2);
    await expectWhole(lab, 'm a');
  });

  it('and it was to tell the tokens: they are asked for again', async () => {
    await using lab = await openLab();
    engineFails('m', 'GET /swarm', { answer })(lab);
    expect((await lab.create('m a')).hosts.map(({ error }) => error?.code)).toEqual([undefined, 'ENGINE_500']);
    expect((await lab.create('m a')).hosts.map(({ status }) => status)).toEqual(['unchanged', 'resumed']);
  });

  it('leaves the other hosts alone: they are done', async () => {
    await using lab = await openLab();
    engineFails('a', 'POST /swarm/join', { answer })(lab);
    const { hosts, nodes } = await lab.create('m a b');
    expect(hosts.map(({ name, status }) => [name, status])).toEqual([
      ['m', 'created'],
      ['a', 'failed'],
      ['b', 'created'],
    ]);
    expect(hosts[1]?.error).toMatchObject({ host: 'a', message: expect.stringContaining('a bad day') as unknown });
    expect(nodes.map((node) => node.name)).toEqual(['m', 'b']);
  });

  it('and the swarm was not made: workers have Docker, and say why they are in no swarm', async () => {
    await using lab = await openLab();
    engineFails('m', 'POST /swarm/init', { answer })(lab);
    const { hosts, nodes } = await lab.create('m a b');
    expect(hosts.map(({ name, error }) => [name, error?.code])).toEqual([
      ['m', 'ENGINE_500'],
      ['a', 'NOT_JOINED'],
      ['b', 'NOT_JOINED'],
    ]);
    expect(hosts[1]?.error?.message).toBe(
      'a has Docker, but is not in the swarm: the engine of m: the engine had a bad day (POST /swarm/init)',
    );
    expect(nodes).toEqual([]);
    expect(await lab.store.read('a')).toMatchObject({ phase: 'ready', nodeId: null });
    expect(await lab.store.readSwarm('default')).toBeUndefined();
  });

  it('and the manager never came so far: workers name its failure, not our steps', async () => {
    await using lab = await openLab();
    once(lab, 'm', { hostKey: generateSshKey('other') });
    const { hosts } = await lab.create('m a');
    expect(hosts[1]?.error?.message).toMatch(/^a has Docker, but is not in the swarm: the host key of m/);
  });
});

/** Takes away the machine of a host, as somebody does who knows nothing of swarmup. */
async function lose(lab: Lab, name: string, { disk }: { readonly disk: 'lost' | 'kept' }): Promise<void> {
  const { identity } = [...lab.world.hosts.values()].find((host) => host.identity.name === name) ?? {};
  await killHosts(lab.process().context, [name], { force: true });
  lab.world.hosts.delete(identity?.id ?? '');
  if (disk === 'lost') lab.forget(name);
}

describe('create of a host that was lost', () => {
  const cases = (['worker', 'manager'] as const).flatMap((role) =>
    (['lost', 'kept'] as const).flatMap((disk) =>
      [true, false].map((keepsAddresses) => ({ role, name: role === 'worker' ? 'a' : 'm2', disk, keepsAddresses })),
    ),
  );
  it.each(cases)(
    'makes the $role again as one new node with its own address; its disk is $disk, its address stays: $keepsAddresses',
    async ({ role, name, disk, keepsAddresses }) => {
      await using lab = await openLab();
      await lab.create('m m2 m3 a', { managers: 3 });
      const before = await lab.store.require(name);
      const cluster = lab.clusterOf('m');
      await lose(lab, name, { disk });
      lab.world.keepsAddresses = keepsAddresses;
      const { hosts, nodes, warnings } = await lab.create(name);
      expect(hosts).toMatchObject([{ name, role, status: 'resumed' }]);
      expect(warnings).toEqual([expect.stringMatching(`^${name} no longer existed .*, so it is made again`)]);
      expect(nodes.map((node) => node.name).sort()).toEqual(['a', 'm', 'm2', 'm3']);
      const after = await lab.store.require(name);
      expect(after).toMatchObject({ phase: 'ready', addresses: [after.advertiseAddr] });
      expect(after.formerNodeId).toBeUndefined();
      expect(after.advertiseAddr === before.advertiseAddr).toBe(keepsAddresses);
      expect(after.nodeId).not.toBe(before.nodeId);
      expect(cluster.nodes).toHaveLength(4);
      const node = cluster.nodes.find(({ ID }) => ID === after.nodeId);
      expect([node?.Spec.Role, node?.Status.Addr, lab.host(name).engine.nodeId]).toEqual([
        role,
        after.advertiseAddr,
        after.nodeId,
      ]);
      expect(await lab.create('m m2 m3 a')).toMatchObject({ warnings: [] });
    },
  );

  it('gives its address to nobody else meanwhile', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const { advertiseAddr } = await lab.store.require('a');
    await lose(lab, 'a', { disk: 'lost' });
    lab.world.made = Number(advertiseAddr?.split('.')[3]) - 1;
    await lab.create('b');
    expect((await lab.store.require('b')).advertiseAddr).not.toBe(advertiseAddr);
    await lab.create('a');
    expect((await lab.store.require('a')).advertiseAddr).toBe(advertiseAddr);
  });

  it.each(['lost', 'kept'] as const)(
    'stopped before it joined again: it goes on as a new node, its disk being %s',
    async (disk) => {
      await using lab = await openLab();
      await lab.create('m a');
      const before = await lab.store.require('a');
      await lose(lab, 'a', { disk });
      lab.onBoot = () => ({ faults: [{ call: 'POST /swarm/join', times: 1, answer }] });
      if (disk === 'kept') lab.onBoot = () => ({ faults: [{ call: 'POST /swarm/leave', times: 1, answer }] });
      expect((await lab.create('a')).hosts).toMatchObject([{ status: 'failed', error: { code: 'ENGINE_500' } }]);
      expect((await lab.create('a')).hosts).toMatchObject([{ status: 'resumed' }]);
      expect((await lab.store.require('a')).nodeId).not.toBe(before.nodeId);
      expect(lab.clusterOf('m').nodes).toHaveLength(2);
    },
  );

  it('keeps the node of the only manager, because it is the swarm', async () => {
    await using lab = await openLab();
    await lab.create('m a');
    const before = await lab.store.require('m');
    await lose(lab, 'm', { disk: 'kept' });
    expect((await lab.create('m')).hosts).toMatchObject([{ name: 'm', status: 'resumed' }]);
    const { nodeId, advertiseAddr, addresses } = await lab.store.require('m');
    expect({ nodeId, advertiseAddr, addresses }).toEqual({
      nodeId: before.nodeId,
      advertiseAddr: before.advertiseAddr,
      addresses: [before.advertiseAddr],
    });
  });

  it('keeps the node of a manager that the quorum depends on, and says so', async () => {
    await using lab = await openLab();
    await lab.create('m m2 m3', { managers: 3 });
    const before = await lab.store.require('m2');
    await lose(lab, 'm3', { disk: 'kept' });
    await lose(lab, 'm2', { disk: 'kept' });
    const { hosts, warnings } = await lab.create('m2');
    expect(hosts).toMatchObject([{ name: 'm2', status: 'resumed' }]);
    expect(warnings).toContainEqual(
      expect.stringMatching(/^m2 stays the node that it was, because the managers need it: m2 cannot be demoted/),
    );
    expect(await lab.store.require('m2')).toMatchObject({ nodeId: before.nodeId, advertiseAddr: before.advertiseAddr });
  });
});

describe('create of a host whose node advertises the address of another', () => {
  it('makes it a new node at its own address', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const before = await lab.store.require('a');
    lab.host('a').engine.moveTo('192.0.2.77');
    const found = [...lab.world.hosts.values()].find(({ identity }) => identity.name === 'a');
    Object.assign(found?.description ?? {}, { privateAddresses: ['192.0.2.77'] });
    expect((await lab.create('a')).hosts).toMatchObject([{ name: 'a', status: 'resumed' }]);
    const after = await lab.store.require('a');
    expect(after.advertiseAddr).toBe('192.0.2.77');
    expect(after.nodeId).not.toBe(before.nodeId);
    expect(lab.clusterOf('m').nodes.map(({ Status }) => Status.Addr)).toContain('192.0.2.77');
    expect(lab.clusterOf('m').nodes).toHaveLength(3);
  });
});

describe('create after an interrupted rm of the last hosts', () => {
  it('makes the swarm again, of which only the record was left', async () => {
    await using lab = await openLab();
    await lab.store.writeSwarm({ schemaVersion: 1, name: 'default', clusterId: 'gone', createdAt: '2026-11-30' });
    expect((await lab.create('m a')).nodes.map(({ name, state }) => [name, state])).toEqual([
      ['m', 'ready'],
      ['a', 'ready'],
    ]);
    expect((await lab.store.readSwarm('default'))?.clusterId).not.toBe('gone');
  });
});
