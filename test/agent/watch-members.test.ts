import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/agent/limits.js';
import { noMemory, type Memory } from '../../src/agent/memory.js';
import { reconcile } from '../../src/agent/reconcile.js';
import { membershipOf } from '../../src/agent/watch-members.js';
import { quorumOf } from '../../src/swarm/quorum.js';
import { SimulatedSwarm } from './simulated-swarm.js';

const { limits } = readSettings({});

/** Looks every second for as long as given; what was written, in order. */
function watch(swarm: SimulatedSwarm, seconds: number, memory: Memory = noMemory) {
  const written: string[] = [];
  const events: string[] = [];
  let now = memory;
  for (let i = 0; i < seconds; i += 1) {
    const decision = reconcile(swarm.observe(), now, limits);
    now = decision.memory;
    events.push(...decision.events.map(({ kind, message }) => `${kind}: ${message}`));
    for (const action of decision.actions) {
      const role = action.kind === 'update-node' ? ` ${action.spec.Role}` : '';
      written.push(`${action.kind} ${action.name}${role}`);
      swarm.apply(action);
      const { total, reachable } = membershipOf(swarm.nodes);
      expect(reachable).toBeGreaterThanOrEqual(quorumOf(total));
    }
    swarm.advance(1_000);
  }
  return { written, events, memory: now };
}

const node = (swarm: SimulatedSwarm, id: string) => {
  const found = swarm.nodes.find(({ ID }) => ID === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
};

describe('a lost manager', () => {
  let swarm: SimulatedSwarm;
  beforeEach(() => {
    swarm = new SimulatedSwarm(3, 2);
    node(swarm, 'w2').Spec = { ...node(swarm, 'w2').Spec, Labels: { 'swarmup.promotable': 'true' } };
  });

  it('is reported at once, and its return too', () => {
    const { memory } = watch(swarm, 1);
    swarm.setNode('m3', 'down');
    const lost = watch(swarm, 1, memory);
    expect(lost.events).toContain(
      'fault-tolerance-lost: 2 of 3 managers are reachable (lost: m3): if one more manager fails, the swarm cannot be changed',
    );
    swarm.setNode('m3', 'ready');
    expect(watch(swarm, 1, lost.memory).events).toContain(
      'fault-tolerance-restored: all managers of the swarm are reachable again',
    );
  });

  it('is not replaced unless that is wanted', () => {
    swarm.setNode('m3', 'down');
    expect(watch(swarm, 1_000).written).toEqual([]);
  });

  const promote = { enabled: true, graceSeconds: 60, managers: 3 };
  it('is replaced after the grace time: demoted first, so that there never are more than wanted', () => {
    swarm.settings = { ...swarm.settings, promote };
    const { memory } = watch(swarm, 1);
    swarm.setNode('m3', 'down');
    const early = watch(swarm, 55, memory);
    expect(early.written).toEqual([]);
    const late = watch(swarm, 30, early.memory);
    expect(late.written).toEqual(['update-node m3 worker', 'update-node w2 manager']);
    expect(membershipOf(swarm.nodes)).toMatchObject({ total: 3, reachable: 3 });
    expect(watch(swarm, 300, late.memory).written).toEqual([]);
  });

  it('is demoted once, though it counts for some seconds more', () => {
    swarm.settings = { ...swarm.settings, promote };
    swarm.setNode('m3', 'down');
    node(swarm, 'm3').Spec = { ...node(swarm, 'm3').Spec, Role: 'worker' };
    expect(node(swarm, 'm3').ManagerStatus?.Reachability).toBe('unreachable');
    expect(watch(swarm, 300).written).toEqual([]);
  });

  it('that comes back in time stays a manager', () => {
    swarm.settings = { ...swarm.settings, promote };
    swarm.setNode('m3', 'down');
    const { memory } = watch(swarm, 50);
    swarm.setNode('m3', 'ready');
    expect(watch(swarm, 300, memory).written).toEqual([]);
  });

  it('is not replaced without a worker that may take its place', () => {
    swarm.settings = { ...swarm.settings, promote };
    swarm.setNode('w2', 'down');
    swarm.setNode('m3', 'down');
    expect(watch(swarm, 300).written).toEqual([]);
  });

  it('whatever nodes do, quorum is never given away and the number of managers never exceeds the wanted one', () => {
    const change = fc.record({
      node: fc.constantFrom('m2', 'm3', 'w1', 'w2'),
      state: fc.constantFrom<'ready' | 'down' | 'unknown'>('ready', 'down', 'unknown'),
      seconds: fc.integer({ min: 1, max: 120 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const one = new SimulatedSwarm(3, 2);
        one.settings = { ...one.settings, promote };
        for (const id of ['w1', 'w2'])
          node(one, id).Spec = { ...node(one, id).Spec, Labels: { 'swarmup.promotable': 'true' } };
        let memory = noMemory;
        for (const { node: id, state, seconds } of changes) {
          if (one.nodes.some(({ ID }) => ID === id)) one.setNode(id, state);
          ({ memory } = watch(one, seconds, memory));
          expect(membershipOf(one.nodes).total).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the Down entry of a host that joined again', () => {
  const rejoin = (swarm: SimulatedSwarm, id: string, change: object = {}): void => {
    swarm.setNode(id, 'down');
    const old = node(swarm, id);
    const again = { ...old };
    delete again.ManagerStatus;
    swarm.nodes.push({
      ...again,
      ID: `${id}-again`,
      Spec: { ...old.Spec, Role: 'worker' },
      Status: { ...old.Status, State: 'ready' },
      ...change,
    });
  };

  it('is removed after the grace time', () => {
    const swarm = new SimulatedSwarm(3, 1);
    const { memory } = watch(swarm, 1);
    rejoin(swarm, 'w1');
    const early = watch(swarm, 115, memory);
    expect(early.written).toEqual([]);
    expect(watch(swarm, 20, early.memory).written).toEqual(['remove-node w1']);
  });

  it('that was a manager is demoted first', () => {
    const swarm = new SimulatedSwarm(3, 1);
    rejoin(swarm, 'm3');
    expect(watch(swarm, 200).written).toEqual(['update-node m3 worker', 'remove-node m3']);
  });

  it('that was a manager stays when the swarm would lose its quorum', () => {
    const swarm = new SimulatedSwarm(2, 1);
    rejoin(swarm, 'm2');
    expect(watch(swarm, 200).written).toEqual([]);
  });

  it('stays when the other host only has the same name', () => {
    const swarm = new SimulatedSwarm(3, 1);
    const old = { CreatedAt: '2025-01-01T00:00:00Z', Status: { State: 'ready', Addr: '10.0.0.99' } };
    rejoin(swarm, 'w1', old);
    expect(watch(swarm, 300).written).toEqual([]);
  });

  it('is removed when the host has a new address but joined after it had gone Down', () => {
    const swarm = new SimulatedSwarm(3, 1);
    rejoin(swarm, 'w1', { CreatedAt: '2026-06-01T00:00:00Z', Status: { State: 'ready', Addr: '10.0.0.99' } });
    expect(watch(swarm, 300).written).toEqual(['remove-node w1']);
  });
});
