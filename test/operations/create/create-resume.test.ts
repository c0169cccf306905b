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

describe('create of a host that was lost', () => {
  it.each([
    ['worker', 'a'],
    ['manager', 'm2'],
  ] as const)('makes the %s again, as one node', async (role, name) => {
    await using lab = await openLab();
    await lab.create('m m2 m3 a', { managers: 3 });
    const before = await lab.store.require(name);
    const cluster = lab.clusterOf('m');
    const { identity } = [...lab.world.hosts.values()].find((host) => host.identity.name === name) ?? {};
    await killHosts(lab.process().context, [name]);
    lab.world.hosts.delete(identity?.id ?? '');
    lab.forget(name);
    const { hosts, nodes, warnings } = await lab.create(name);
    expect(hosts).toMatchObject([{ name, role, status: 'resumed' }]);
    expect(warnings).toEqual([expect.stringMatching(`^${name} no longer existed .*, so it is made again`)]);
    expect(nodes.map((node) => node.name).sort()).toEqual(['a', 'm', 'm2', 'm3']);
    const after = await lab.store.require(name);
    expect(after.nodeId).not.toBe(before.nodeId);
    expect(after.endpoint?.hostKey).not.toBe(before.endpoint?.hostKey);
    expect(cluster.nodes.map((node) => node.ID)).toContain(after.nodeId);
    expect(cluster.nodes).toHaveLength(4);
  });
});
