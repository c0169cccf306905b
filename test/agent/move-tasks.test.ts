import { beforeEach, describe, expect, it } from 'vitest';
import type { Action } from '../../src/agent/action.js';
import { readSettings } from '../../src/agent/limits.js';
import { noMemory, type Memory } from '../../src/agent/memory.js';
import { replicasOf } from '../../src/agent/observation.js';
import { reconcile } from '../../src/agent/reconcile.js';
import { surgeOf } from '../../src/agent/service-change.js';
import { serviceSpec, SimulatedSwarm } from './simulated-swarm.js';

const { limits } = readSettings({});

let swarm: SimulatedSwarm;
let memory: Memory;
/** What the agent did, with the seconds since the node came back. */
let done: { readonly atSeconds: number; readonly action: Action }[];
beforeEach(() => {
  swarm = new SimulatedSwarm(1, 2);
  memory = noMemory;
  done = [];
  swarm.entries['web'] = { replicas: 6 };
  swarm.setNode('w2', 'down');
  swarm.create(serviceSpec('web', 6));
  swarm.advance(60_000);
  look();
  swarm.setNode('w2', 'ready');
});

function look(): void {
  const decision = reconcile(swarm.observe(), memory, limits);
  memory = decision.memory;
  for (const action of decision.actions) if (swarm.apply(action)) done.push({ atSeconds: 0, action });
}

/** Lets so many seconds pass; `each` is asked after every one. */
function pass(seconds: number, each: () => void = () => undefined): void {
  for (let second = 1; second <= seconds; second += 1) {
    const before = done.length;
    look();
    done = done.map((one, i) => (i < before ? one : { ...one, atSeconds: second }));
    each();
    swarm.advance(1_000);
  }
}

const healthy = (): number => swarm.tasks.filter(({ runsAtMs }) => runsAtMs <= swarm.nowMs).length;
const kinds = (): string[] => done.flatMap(({ action }) => action.done.map(({ kind }) => kind));
const spec = () => swarm.services.get('web')?.Spec ?? expect.fail('web is gone');

describe('a move to a node that came back', () => {
  it('waits until unevenness has lasted, starts tasks first, and ends some only when all run', () => {
    const seen = new Set<number | undefined>();
    pass(60, () => {
      seen.add(replicasOf(spec()));
      expect(healthy()).toBeGreaterThanOrEqual(6);
    });
    expect(kinds()).toEqual(['rebalance-started', 'rebalance-finished']);
    expect(done[0]?.atSeconds).toBeGreaterThan(limits.moveHoldMs / 1000);
    expect([...seen]).toEqual([6, 8]);
    expect(replicasOf(spec())).toBe(6);
    expect(swarm.spread('web')).toEqual([2, 2, 2]);
  });

  it('waits while the new tasks do not become healthy, for swarm would end others; and goes on when they do', () => {
    swarm.sick.add('w2');
    pass(3_600, () => {
      expect(healthy()).toBe(6);
    });
    expect(kinds()).toEqual(['rebalance-started']);
    swarm.sick.clear();
    swarm.tasks = swarm.tasks.map((task) => ({ ...task, runsAtMs: Math.min(task.runsAtMs, swarm.nowMs) }));
    pass(60, () => {
      expect(healthy()).toBeGreaterThanOrEqual(6);
    });
    expect(kinds()).toEqual(['rebalance-started', 'rebalance-finished']);
    expect(swarm.spread('web')).toEqual([2, 2, 2]);
  });

  it('is taken back where there is no node for the new tasks any more', () => {
    swarm.entries['web'] = { replicas: 6, maxPerNode: 3 };
    swarm.sick.add('w2');
    pass(30);
    expect(replicasOf(spec())).toBe(8);
    const others = swarm.tasks.filter(({ node }) => node !== 'w2');
    swarm.setNode('w2', 'down');
    pass(limits.moveTimeoutMs / 1000);
    expect(kinds().filter((kind) => kind.startsWith('rebalance'))).toEqual([
      'rebalance-started',
      'rebalance-abandoned',
    ]);
    expect(replicasOf(spec())).toBe(6);
    expect(swarm.tasks).toEqual(others);
  });

  it('is given up when somebody else sets the count meanwhile', () => {
    swarm.sick.add('w2');
    pass(30);
    expect(surgeOf(spec())).toMatchObject({ from: 6, extra: 2 });
    swarm.entries['web'] = { replicas: 6, min: 1, max: 12 };
    swarm.update('web', { ...spec(), Mode: { Replicated: { Replicas: 5 } } });
    pass(10);
    expect(kinds()).toEqual(['rebalance-started', 'rebalance-abandoned']);
    expect(replicasOf(spec())).toBe(5);
    expect(surgeOf(spec())).toBeUndefined();
  });
});

it.each([
  ['a single replica', () => serviceSpec('web', 1), undefined],
  ['the mark never', () => serviceSpec('web', 6, { Labels: { 'swarmup.rebalance': 'never' } }), undefined],
  ['a declaration of never', () => serviceSpec('web', 6), 'never' as const],
])('a service with %s stays where it is', (_, make, mark) => {
  const made = make();
  swarm.entries['web'] = { replicas: replicasOf(made) ?? 0, ...(mark !== undefined && { rebalance: mark }) };
  swarm.remove('web');
  swarm.setNode('w2', 'down');
  swarm.create(made);
  swarm.setNode('w2', 'ready');
  pass(600);
  expect(done).toEqual([]);
});
