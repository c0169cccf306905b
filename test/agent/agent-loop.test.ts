import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentLoop } from '../../src/agent/agent-loop.js';
import { openDocker } from '../../src/agent/docker-client.js';
import { EventRing } from '../../src/agent/event-ring.js';
import { readSettings } from '../../src/agent/limits.js';
import { replicasOf } from '../../src/agent/observation.js';
import { withReplicas } from '../../src/agent/service-change.js';
import { type FakeDocker, openFakeDocker } from './fake-docker.js';
import { serviceSpec, SimulatedSwarm } from './simulated-swarm.js';

const { limits } = readSettings({});
const noLeader = {
  status: 500,
  body: '{"message":"rpc error: code = Unknown desc = The swarm does not have a leader. It\'s possible that too few managers are online."}',
};

/** The loop against the Engine API on a socket, in virtual time. */
describe('the agent', () => {
  let swarm: SimulatedSwarm;
  let docker: FakeDocker;
  let loop: AgentLoop;
  let ring: EventRing;
  let wallJumpMs: number;
  const stop = new AbortController();

  beforeEach(async () => {
    swarm = new SimulatedSwarm(3, 1);
    docker = await openFakeDocker(swarm);
    wallJumpMs = 0;
    const wallClock = (): number => Date.UTC(2026, 10, 21) + swarm.nowMs + wallJumpMs;
    ring = new EventRing(100, wallClock);
    const host = { now: () => swarm.nowMs, wallClock, facts: () => Promise.resolve({ certificates: [] }) };
    loop = new AgentLoop(openDocker(docker.socket, stop.signal), limits, ring, host);
    swarm.create(serviceSpec('web', 3, { Labels: { 'swarmup.replicas': '3' } }));
  });
  afterEach(async () => {
    await docker.close();
  });

  /** Passes for so many virtual seconds. */
  const pass = async (seconds: number): Promise<void> => {
    const untilMs = swarm.nowMs + seconds * 1_000;
    while (swarm.nowMs < untilMs) swarm.advance(Math.min(Math.max(1, await loop.pass()), untilMs - swarm.nowMs));
  };
  const have = (name: string): number | undefined => {
    const spec = swarm.services.get(name)?.Spec;
    return spec === undefined ? undefined : replicasOf(spec);
  };
  const scale = (name: string, count: number): void => {
    const service = swarm.services.get(name);
    if (service !== undefined) swarm.update(name, withReplicas(service.Spec, count));
  };
  const kinds = (): readonly string[] => ring.since(0).map(({ kind }) => kind);

  it('corrects drift that an event tells of within a second', async () => {
    await pass(5);
    scale('web', 9);
    loop.view.note({ Type: 'service', Actor: { ID: swarm.services.get('web')?.ID ?? '' } });
    await pass(1);
    expect(have('web')).toBe(3);
  });

  it('corrects drift that no event told of, at the next whole read', async () => {
    await pass(5);
    scale('web', 9);
    await pass(limits.resyncMs / 1_000 + 1);
    expect(have('web')).toBe(3);
  });

  it('writes nothing where it does not lead', async () => {
    docker.self = 'm2';
    scale('web', 9);
    await pass(120);
    expect(loop.state).toBe('standby');
    expect(docker.writes).toEqual([]);
  });

  it('writes nothing when it stops leading between the decision and the write', async () => {
    await pass(5);
    scale('web', 9);
    loop.resync();
    await loop.pass();
    swarm.advance(limits.holdMs);
    let reads = 0;
    docker.fault = (_, path) => {
      // The look right before the write is the first to see another leader.
      if (path.startsWith('/nodes/') && ++reads === 1) swarm.setLeader('m2');
      return undefined;
    };
    await pass(60);
    expect(docker.writes).toEqual([]);
    expect(loop.state).toBe('standby');
    expect(kinds()).toContain('leader-lost');
  });

  it('takes over within five seconds', async () => {
    docker.self = 'm2';
    await pass(10);
    scale('web', 9);
    swarm.setLeader('m2');
    await pass(5);
    expect(have('web')).toBe(3);
  });

  it('never overwrites what somebody changed in the meantime, and looks again', async () => {
    await pass(5);
    scale('web', 9);
    loop.resync();
    let raced = false;
    docker.fault = (method) => {
      if (method === 'POST' && !raced) {
        raced = true;
        scale('web', 7);
      }
      return undefined;
    };
    await pass(5);
    expect(kinds().filter((kind) => ['update-conflict', 'drift-corrected'].includes(kind))).toEqual([
      'update-conflict',
      'drift-corrected',
    ]);
    expect(have('web')).toBe(3);
    expect(docker.writes).toHaveLength(2);
  });

  it('makes a removed service again, as it was last', async () => {
    swarm.entries = { db: { replicas: 2, spec: serviceSpec('db', 2) } };
    swarm.create(serviceSpec('db', 2, { Labels: { version: 'newer' } }));
    await pass(5);
    swarm.remove('db');
    loop.resync();
    await pass(3);
    expect(swarm.services.get('db')?.Spec.Labels).toEqual({ version: 'newer' });
    expect(docker.writes).toEqual(['POST /services/create']);
  });

  it('makes a service that somebody made anew in another mode again, as it was declared, within two seconds', async () => {
    swarm.entries = { db: { replicas: 2, spec: serviceSpec('db', 2) } };
    swarm.create(serviceSpec('db', 2));
    await pass(5);
    swarm.remove('db');
    swarm.create(serviceSpec('db', 0, { Mode: { Global: {} } }));
    loop.view.note({ Type: 'service', Actor: { ID: swarm.services.get('db')?.ID ?? '' } });
    await pass(2);
    expect(have('db')).toBe(2);
    expect(docker.writes.map((write) => write.replace(/s\d+$/, 'ID'))).toEqual([
      'DELETE /services/ID',
      'POST /services/create',
    ]);
    expect(kinds().slice(-2)).toEqual(['mode-corrected', 'service-recreated']);
  });

  it('leaves a service in another mode alone where there is no spec to make it again from', async () => {
    swarm.create(serviceSpec('all', 0, { Mode: { Global: {} }, Labels: { 'swarmup.replicas': '2' } }));
    await pass(60);
    expect(docker.writes).toEqual([]);
    expect(kinds()).toContain('bad-declaration');
  });

  it.each([-10, 10])('does not care when the wall clock jumps by %i years', async (years) => {
    await pass(5);
    wallJumpMs = years * 365 * 86_400_000;
    await pass(120);
    expect(docker.writes).toEqual([]);
    scale('web', 9);
    loop.resync();
    await pass(2);
    expect(have('web')).toBe(3);
    expect(docker.writes).toHaveLength(1);
  });

  it('reports the loss of quorum and its return, and then goes on', async () => {
    await pass(5);
    docker.fault = () => noLeader;
    scale('web', 9);
    await pass(60);
    expect(loop.state).toBe('no-quorum');
    // As in a recovery, in which the engine is restarted.
    docker.fault = () => ({ status: 500, body: '{"message":"something broke"}' });
    await pass(30);
    docker.fault = () => noLeader;
    await pass(30);
    docker.fault = undefined;
    await pass(15);
    expect(loop.state).toBe('leader');
    expect(have('web')).toBe(3);
    expect(kinds().filter((kind) => kind.startsWith('quorum'))).toEqual(['quorum-lost', 'quorum-restored']);
  });

  it.each([
    ['errors', { status: 500, body: '{"message":"something broke"}' }],
    ['nonsense', { status: 200, body: '<html>' }],
    ['half an answer', { status: 200, body: '[{"ID":' }],
  ])('outlives %s of the engine', async (_, fault) => {
    await pass(5);
    docker.fault = () => fault;
    await pass(60);
    expect(loop.state).toBe('error');
    expect(kinds().filter((kind) => kind === 'agent-error')).toHaveLength(1);
    docker.fault = undefined;
    scale('web', 9);
    await pass(15);
    expect([loop.state, have('web')]).toEqual(['leader', 3]);
  });

  it('does not press an engine that refuses a write', async () => {
    await pass(5);
    docker.fault = (method) =>
      method === 'POST' ? { status: 400, body: '{"message":"invalid mount target"}' } : undefined;
    scale('web', 9);
    loop.resync();
    await pass(300);
    expect(docker.writes.length).toBeLessThan(12);
    expect(kinds()).toContain('action-failed');
    docker.fault = undefined;
    await pass(61);
    expect(have('web')).toBe(3);
  });

  it('holds two hundred services, each corrected once', { timeout: 120_000 }, async () => {
    const names = Array.from({ length: 200 }, (_, i) => `s${i}`);
    for (const name of names) swarm.create(serviceSpec(name, 1, { Labels: { 'swarmup.replicas': '1' } }));
    await pass(5);
    for (const name of names) {
      scale(name, 2);
      loop.view.note({ Type: 'service', Actor: { ID: swarm.services.get(name)?.ID ?? '' } });
    }
    await pass(2);
    expect(names.filter((name) => have(name) !== 1)).toEqual([]);
    expect(docker.writes).toHaveLength(200);
  });
});
