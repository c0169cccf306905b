import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { removeHosts } from '../../../src/operations/hosts/remove-hosts.js';
import { type Lab, openLab } from '../../support/lab.js';
import { expectWhole } from './expect-whole.js';

function joinFails(lab: Lab, name: string): void {
  const answer = { status: 500, message: 'the engine had a bad day' };
  lab.onBoot = (booting) => (booting === name ? { faults: [{ call: 'POST /swarm/join', answer }] } : {});
}

describe('create --rollback', () => {
  it('removes what this run made, and nothing else', async () => {
    await using lab = await openLab();
    await lab.create('m');
    joinFails(lab, 'a');
    const { hosts, nodes, next, warnings } = await lab.create('m a b', { rollback: true });
    expect(hosts.map(({ name, status }) => [name, status])).toEqual([
      ['m', 'unchanged'],
      ['a', 'failed'],
      ['b', 'removed'],
    ]);
    expect(hosts[1]?.error?.code).toBe('ENGINE_500');
    expect(warnings).toEqual(['rolling back: removing a, b']);
    expect(nodes).toEqual([]);
    expect(next[0]).toMatch(/^swarmup create m a b /);
    expect((await lab.store.list()).machines.map((record) => record.name)).toEqual(['m']);
    expect(lab.clusterOf('m').nodes.map((node) => node.Description.Hostname)).toEqual(['m']);
    expect(lab.world.hosts.size).toBe(1);
  });

  it('removes a whole new swarm', async () => {
    await using lab = await openLab();
    joinFails(lab, 'a');
    const { hosts, next } = await lab.create('m a', { rollback: true });
    expect(hosts.map(({ status }) => status)).toEqual(['removed', 'failed']);
    expect(next).toEqual([expect.stringMatching(/^swarmup create m a /)]);
    expect(await lab.store.list()).toEqual({ machines: [], broken: [] });
    expect(await lab.store.readSwarm('default')).toBeUndefined();
    expect(lab.world.hosts.size).toBe(0);
  });

  it('says so when something could not be removed; it stays on record', async () => {
    await using lab = await openLab();
    joinFails(lab, 'a');
    lab.world.shutDown = async ({ name }) => {
      throw new SwarmupError('STUCK', `${name} does not go`, { host: name });
    };
    const { hosts, warnings } = await lab.create('m a', { rollback: true });
    expect(hosts.map(({ status }) => status)).toEqual(['created', 'failed']);
    expect(warnings).toContain('m could not be rolled back: m does not go');
    expect((await lab.store.list()).machines.map(({ name, phase }) => [name, phase])).toEqual([
      ['a', 'removing'],
      ['m', 'removing'],
    ]);
  });
});

describe('create, interrupted', () => {
  it.each(['m/create', 'a/facts', 'm/engine', 'swarm/open', 'a/join', 'a/ready'])(
    'at %s stops, says how to go on, and converges in a second run',
    async (step) => {
      await using lab = await openLab();
      const stopped = lab.process();
      stopped.onEvent = (event) => {
        if (event.type === 'step-started' && event.step === step) stopped.interrupt();
      };
      await expect(stopped.create('m a')).rejects.toMatchObject({
        code: 'INTERRUPTED',
        message: 'stopped; everything made so far was kept',
        exitCode: 130,
        hints: ['swarmup create m a continues where this run stopped', 'swarmup rm --yes m a removes it'],
      });
      // Nothing begins after the signal.
      const at = stopped.events.findIndex((event) => event.type === 'step-started' && event.step === step);
      expect(stopped.events.slice(at + 1).filter((event) => event.type === 'step-started')).toEqual([]);
      const { hosts } = await lab.create('m a');
      expect(hosts.map(({ status }) => status)).not.toContain('failed');
      await expectWhole(lab, 'm a');
    },
  );

  it('names the swarm in what to type', async () => {
    await using lab = await openLab();
    for (const [swarm, command] of [
      ['prod', 'swarmup create --swarm prod p'],
      [null, 'swarmup create --no-swarm q'],
    ] as const) {
      const stopped = lab.process();
      stopped.onEvent = (event) => {
        if (event.type === 'step-started') stopped.interrupt();
      };
      await expect(stopped.create(swarm === null ? 'q' : 'p', { swarm })).rejects.toMatchObject({
        hints: [`${command} continues where this run stopped`, expect.anything()],
      });
    }
  });

  it('with --rollback removes what it made before it ends', async () => {
    await using lab = await openLab();
    const stopped = lab.process();
    stopped.onEvent = (event) => {
      if (event.type === 'step-started' && event.step === 'a/join') stopped.interrupt();
    };
    await expect(stopped.create('m a', { rollback: true })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'stopped; everything that this run made was removed',
      exitCode: 130,
      hints: ['swarmup create m a starts again'],
    });
    expect(lab.world.hosts.size).toBe(0);
    expect(await lab.store.list()).toEqual({ machines: [], broken: [] });
  });

  it('can be removed at once', async () => {
    await using lab = await openLab();
    const stopped = lab.process();
    stopped.onEvent = (event) => {
      if (event.type === 'step-done' && event.step === 'swarm/open') stopped.interrupt();
    };
    await expect(stopped.create('m a')).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { hosts } = await removeHosts(lab.process().context, { names: ['m', 'a'], force: false });
    expect(hosts.map(({ status }) => status)).toEqual(['removed', 'removed']);
    expect(lab.world.hosts.size).toBe(0);
    expect(await lab.store.readSwarm('default')).toBeUndefined();
  });
});

describe('two creates at once', () => {
  it('of one swarm: the second waits, says for whom, and joins what the first made', async () => {
    await using lab = await openLab();
    const [one, two] = [lab.process(), lab.process()];
    const results = await Promise.all([one.create('m a'), two.create('m b')]);
    const waits = [...one.events, ...two.events].filter(
      (event) => event.type === 'info' && event.message.startsWith('waiting'),
    );
    expect(waits).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^waiting for swarm-default, held by pid \d+ on \S+ since /) as unknown,
      }),
    ]);
    const statuses = results.map(({ hosts }) => hosts.map(({ status }) => status));
    expect(statuses).toContainEqual(['created', 'created']);
    expect(statuses).toContainEqual(['unchanged', 'created']);
    await expectWhole(lab, 'm a b');
  });

  it('of plain hosts that overlap: each is made once', async () => {
    await using lab = await openLab();
    const results = await Promise.all([lab.create('p q', { swarm: null }), lab.create('q r', { swarm: null })]);
    expect(results.flatMap(({ hosts }) => hosts.map(({ status }) => status)).sort()).toEqual([
      'created',
      'created',
      'created',
      'unchanged',
    ]);
    expect(lab.world.calls.filter((call) => call.startsWith('create')).sort()).toEqual([
      'create p',
      'create q',
      'create r',
    ]);
  });

  it('of two swarms do not wait for each other', async () => {
    await using lab = await openLab();
    let met = 0;
    let open: () => void;
    const both = new Promise<void>((resolve) => (open = resolve));
    lab.onBoot = async () => {
      met += 1;
      if (met === 2) open();
      await both;
      return {};
    };
    await Promise.all([lab.create('x', { swarm: 'one' }), lab.create('y', { swarm: 'two' })]);
    expect((await lab.store.readSwarm('one'))?.clusterId).toBe(lab.clusterOf('x').id);
    expect((await lab.store.readSwarm('two'))?.clusterId).toBe(lab.clusterOf('y').id);
    expect(lab.clusterOf('x').id).not.toBe(lab.clusterOf('y').id);
  });
});
