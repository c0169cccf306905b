import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/lib/progress-event.js';
import { killHosts } from '../../../src/operations/hosts/power.js';
import { hurry } from '../../support/hurry.js';
import { openLab } from '../../support/lab.js';

const idsOf = (events: readonly ProgressEvent[], type: 'step-started' | 'step-done'): readonly string[] =>
  events.flatMap((event) => (event.type === type ? [event.step] : []));

/** Resolves for all as soon as so many have come. */
function barrier(size: number): () => Promise<void> {
  let open: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived === size) open();
    return opened;
  };
}

describe('create of three hosts', () => {
  it('makes one swarm of them: roles, labels, records', async () => {
    await using lab = await openLab();
    const result = await lab.create('m a b');
    const { address } = lab.host('m').engine;
    expect(result).toMatchObject({
      swarm: 'default',
      driver: 'fake',
      dryRun: false,
      hosts: [
        { name: 'm', role: 'manager', status: 'created' },
        { name: 'a', role: 'worker', status: 'created' },
        { name: 'b', role: 'worker', status: 'created' },
      ],
      nodes: [
        { name: 'm', role: 'manager', leader: true, state: 'ready', reachability: 'reachable', address },
        { name: 'a', role: 'worker', leader: false, state: 'ready', reachability: null },
        { name: 'b', role: 'worker', leader: false, state: 'ready', reachability: null },
      ],
      warnings: [],
    });
    const cluster = lab.clusterOf('m');
    expect(cluster.addressPool).toEqual(['198.18.0.0/15']);
    expect(cluster.nodes.map((node) => node.Spec.Labels)).toEqual(Array(3).fill({ 'swarmup.managed': 'true' }));
    expect(await lab.store.readSwarm('default')).toMatchObject({ clusterId: cluster.id });
    const { machines, broken } = await lab.store.list();
    expect(broken).toEqual([]);
    for (const record of machines)
      expect(record).toMatchObject({
        phase: 'ready',
        swarm: 'default',
        role: record.name === 'm' ? 'manager' : 'worker',
        nodeId: lab.host(record.name).engine.nodeId,
        advertiseAddr: lab.host(record.name).engine.address,
        endpoint: { host: '127.0.0.1', user: 'root' },
      });
  });

  it('makes hosts side by side; the only barrier is the swarm', async () => {
    await using lab = await openLab();
    const made = barrier(3);
    const joined = barrier(2);
    // Each would wait for ever if the others did not come to the same point.
    lab.onBoot = async () => {
      await made();
      return { faults: [{ call: 'POST /swarm/join', before: joined }] };
    };
    const { events, create } = lab.process();
    await create('m a b');
    const done = idsOf(events, 'step-done');
    for (const host of ['m', 'a', 'b'])
      expect(done.filter((id) => id.startsWith(`${host}/`))).toEqual(
        ['create', 'reachable', 'facts', 'install', 'engine', ...(host === 'm' ? [] : ['join']), 'ready', 'reach'].map(
          (step) => `${host}/${step}`,
        ),
      );
    const started = idsOf(events, 'step-started');
    const opened = events.findIndex((event) => event.type === 'step-done' && event.step === 'swarm/open');
    const firstJoin = events.findIndex((event) => event.type === 'step-started' && event.step.endsWith('/join'));
    expect(started.filter((id) => id === 'swarm/open')).toHaveLength(1);
    expect(opened).toBeGreaterThan(-1);
    expect(firstJoin).toBeGreaterThan(opened);
  });

  it('keeps secrets out of events, records, results and errors', async () => {
    await using lab = await openLab();
    const { events, create } = lab.process();
    lab.onBoot = (name) =>
      name === 'b' ? { faults: [{ call: 'POST /swarm/join', answer: { status: 500, message: 'no' }, times: 1 }] } : {};
    const result = await create('m a b', { tls: true });
    expect(result.hosts.map((host) => host.status)).toEqual(['created', 'created', 'failed']);
    const files = await lab.files();
    const isSecret = (text: string): boolean => text.includes('PRIVATE KEY');
    const keys = [
      ...[...files.values()].filter(isSecret),
      ...[...lab.world.hosts.values()].map(({ identity }) => identity.hostKey.privateKey),
    ];
    // Three user keys, three host keys, those of the authority and the client.
    expect(keys.length).toBeGreaterThanOrEqual(8);
    const secrets = [
      ...Object.values(lab.clusterOf('m').tokens),
      // Not the first line of a key: it is the same in all of them.
      ...keys.map((key) => key.trim().split('\n').at(-2) ?? key),
    ];
    const records = [...files].filter(([path, text]) => !isSecret(text) && !path.endsWith('.pub'));
    const told = inspect([events, result, records], { depth: 20, maxStringLength: null });
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
    expect([...files.keys()].filter((path) => path.includes('host_ed25519'))).toEqual([]);
  });

  it('is unchanged when it is asked for again', async () => {
    await using lab = await openLab();
    await lab.create('m a b');
    const before = await lab.files();
    const again = await lab.create('m a b');
    expect(again.hosts.map((host) => host.status)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(again.nodes).toHaveLength(3);
    expect(await lab.files()).toEqual(before);
    expect(lab.host('m').engine.calls.filter((call) => call === 'POST /swarm/init')).toHaveLength(1);
  });
});

describe('create with several managers', () => {
  it('joins managers one at a time and workers at once', async () => {
    await using lab = await openLab();
    const workers = barrier(2);
    let joining = 0;
    let peak = 0;
    const alone = async (): Promise<void> => {
      peak = Math.max(peak, ++joining);
      await new Promise(setImmediate);
      joining -= 1;
    };
    lab.onBoot = (name) => ({
      faults: [{ call: 'POST /swarm/join', before: name.startsWith('m') ? alone : workers }],
    });
    const { events, create } = lab.process();
    const { hosts, nodes, warnings } = await create('m1 m2 m3 a b', { managers: 3 });
    expect(hosts.map(({ role, status }) => `${role ?? ''} ${status}`)).toEqual([
      ...Array<string>(3).fill('manager created'),
      ...Array<string>(2).fill('worker created'),
    ]);
    expect(nodes.filter((node) => node.reachability === 'reachable').map((node) => node.name)).toEqual([
      'm1',
      'm2',
      'm3',
    ]);
    expect(peak).toBe(1);
    const joins = events.flatMap((e) => ('step' in e && /^m.\/join$/.test(e.step) ? [`${e.type} ${e.step}`] : []));
    const second = joins.indexOf(joins.findLast((line) => line.startsWith('step-started')) ?? '');
    expect(joins.slice(0, second).filter((line) => line.startsWith('step-done'))).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it('warns of an even number and says what quorum it gives', async () => {
    await using lab = await openLab();
    const { warnings } = await lab.create('m1 m2', { managers: 2 });
    expect(warnings).toEqual([expect.stringMatching(/^2 managers need a quorum of 2 and survive the loss of 0/)]);
  });
});

describe('create of one more host', () => {
  it('joins the swarm as a worker, by the driver of its other hosts', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const { hosts, nodes, driverReason } = await lab.create('agent3');
    expect(hosts).toMatchObject([{ name: 'agent3', role: 'worker', status: 'created' }]);
    expect(nodes.map((node) => node.name)).toEqual(['m', 'agent3']);
    expect(driverReason).toBe('the same driver as for the other hosts of swarm default');
  });

  it('brings a stopped manager back first when it is named, too', async () => {
    await using lab = await openLab();
    await lab.create('m');
    await killHosts(lab.process().context, ['m']);
    const { hosts } = await lab.create('m agent3');
    expect(hosts.map(({ name, status }) => [name, status])).toEqual([
      ['m', 'resumed'],
      ['agent3', 'created'],
    ]);
  });

  it('says that no manager answers when it is not, and keeps what it made', async () => {
    await using lab = await openLab();
    await lab.create('m');
    await killHosts(lab.process().context, ['m']);
    // It would wait for 20 s for the manager's ssh.
    const { hosts, next } = await hurry(20_000, 100, () => lab.create('agent3'));
    expect(hosts).toMatchObject([{ status: 'failed', error: { code: 'NOT_JOINED', exitCode: 6, host: 'agent3' } }]);
    expect(hosts[0]?.error?.message).toMatch(
      /^agent3 has Docker, but is not in the swarm: no manager of swarm default/,
    );
    expect(hosts[0]?.error?.hints).toContain('swarmup start m');
    expect(next[0]).toMatch(/^swarmup create agent3 /);
    expect(await lab.store.read('agent3')).toMatchObject({ phase: 'ready', nodeId: null });
  });
});

describe('create --no-swarm', () => {
  it('makes plain Docker hosts', async () => {
    await using lab = await openLab();
    const { hosts, nodes, swarm } = await lab.create('p q', { swarm: null });
    expect(hosts).toMatchObject([
      { name: 'p', role: null, status: 'created' },
      { name: 'q', role: null, status: 'created' },
    ]);
    expect({ nodes, swarm }).toEqual({ nodes: [], swarm: null });
    expect(lab.host('p').engine.calls).toEqual([]);
    expect(await lab.store.read('p')).toMatchObject({ swarm: null, role: null, phase: 'ready', nodeId: null });
  });
});

describe('create --dry-run', () => {
  it('tells the steps and touches nothing', async () => {
    await using lab = await openLab();
    const { events, create } = lab.process();
    const { hosts, dryRun } = await create('m a', { dryRun: true });
    expect(dryRun).toBe(true);
    expect(hosts.map((host) => host.status)).toEqual(['would-create', 'would-create']);
    const plan = events.find((event) => event.type === 'plan');
    expect(plan?.steps.map((step) => step.id)).toContain('swarm/open');
    expect(events.filter((event) => event.type.startsWith('step'))).toEqual([]);
    expect(await lab.files()).toEqual(new Map());
    expect(lab.world.hosts.size).toBe(0);
    expect(lab.world.calls.filter((call) => !call.startsWith('check'))).toEqual([]);
  });

  it('touches nothing where there is something either', async () => {
    await using lab = await openLab();
    await lab.create('m');
    const [files, world, engine] = [await lab.files(), [...lab.world.calls], [...lab.host('m').engine.calls]];
    const { hosts } = await lab.create('m a', { dryRun: true });
    expect(hosts.map((host) => host.status)).toEqual(['would-check', 'would-create']);
    expect(await lab.files()).toEqual(files);
    expect(lab.world.calls.filter((call) => !call.startsWith('check'))).toEqual(
      world.filter((call) => !call.startsWith('check')),
    );
    expect(lab.host('m').engine.calls).toEqual(engine);
  });
});
