import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Action } from '../../src/agent/action.js';
import { wantedReplicas } from '../../src/agent/desired-state.js';
import type { ServiceSpec } from '../../src/swarm/workload.js';
import { readSettings } from '../../src/agent/limits.js';
import { noMemory, type Memory } from '../../src/agent/memory.js';
import { replicasOf } from '../../src/agent/observation.js';
import { reconcile } from '../../src/agent/reconcile.js';
import { imageOf, rollbackPoint, surgeOf, withReplicas } from '../../src/agent/service-change.js';
import { serviceSpec, SimulatedSwarm, withImage } from './simulated-swarm.js';
import type { ServiceEntry } from '../../src/agent/replica-target.js';

const { limits } = readSettings({});
const names = ['a', 'b', 'c'];
const mostPerMinute = 24;

interface Step {
  readonly what: keyof typeof others;
  readonly name: string;
  readonly count: number;
  readonly node: string;
  readonly afterMs: number;
}

const busyStates = ['updating', 'paused', 'rollback_started', 'rollback_paused'];
const change = (swarm: SimulatedSwarm, name: string, by: (spec: ServiceSpec) => ServiceSpec): void => {
  const service = swarm.services.get(name);
  if (service !== undefined) swarm.update(name, by(service.Spec));
};

/** Swarm scales no service of another mode. */
const scaled = (spec: ServiceSpec, count: number): ServiceSpec =>
  replicasOf(spec) === undefined ? spec : withReplicas(spec, count);

/** What users, nodes and failures do. */
const others = {
  scale: ({ swarm }: Run, { name, count }: Step) => {
    change(swarm, name, (spec) => scaled(spec, count));
  },
  remove: ({ swarm }: Run, { name }: Step) => {
    swarm.remove(name);
  },
  otherMode: ({ swarm }: Run, { name, count }: Step) => {
    swarm.remove(name);
    swarm.create(serviceSpec(name, 0, { Mode: { [count % 2 === 0 ? 'Global' : 'ReplicatedJob']: {} } }));
  },
  image: ({ swarm }: Run, { name, count }: Step) => {
    change(swarm, name, (spec) => withImage(spec, `${name}:${count}`));
  },
  imageAndScale: ({ swarm }: Run, { name, count }: Step) => {
    change(swarm, name, (spec) => scaled(withImage(spec, `${name}:${count}`), count));
  },
  updateGoesOn: ({ swarm }: Run, { name, count }: Step) => {
    swarm.setUpdateState(name, busyStates[count % 4] ?? '');
  },
  updateIsOver: ({ swarm }: Run, { name }: Step) => {
    swarm.setUpdateState(name, 'completed');
  },
  nodeDown: ({ swarm }: Run, { node }: Step) => {
    if (swarm.leader()?.ID !== node) swarm.setNode(node, 'down');
  },
  nodeUp: ({ swarm }: Run, { node }: Step) => {
    swarm.setNode(node, 'ready');
  },
  nodeUnknown: ({ swarm }: Run, { node }: Step) => {
    swarm.setNode(node, 'unknown');
  },
  otherLeader: (run: Run, { count }: Step) => {
    run.swarm.setLeader(`m${(count % 3) + 1}`);
    run.memory = noMemory;
  },
  noLeader: ({ swarm }: Run) => {
    swarm.setLeader(undefined);
  },
  agentRestart: (run: Run) => {
    run.memory = noMemory;
  },
  lostWrite: (run: Run) => {
    run.dropWrites += 1;
  },
  quickUser: (run: Run, { name, count }: Step) => {
    run.beforeWrite = () => {
      change(run.swarm, name, (spec) => scaled(spec, count));
    };
  },
  declare: ({ swarm }: Run, { name, count }: Step) => {
    swarm.entries[name] = { ...swarm.entries[name], replicas: count, min: 0, max: 12 };
  },
  pause: ({ swarm }: Run, { name }: Step) => {
    const declared = swarm.entries[name];
    if (declared !== undefined) swarm.entries[name] = { ...declared, paused: declared.paused !== true };
  },
};
const whats = Object.keys(others) as (keyof typeof others)[];

const step = fc.record<Step>({
  what: fc.constantFrom<(keyof typeof others)[]>('scale', 'scale', ...whats),
  name: fc.constantFrom(...names),
  count: fc.nat({ max: 12 }),
  node: fc.constantFrom('m1', 'm2', 'm3', 'w1', 'w2'),
  afterMs: fc.oneof(fc.nat({ max: 1_500 }), fc.nat({ max: 60_000 })),
});

const entry = fc
  .record({
    replicas: fc.integer({ min: 1, max: 9 }),
    less: fc.option(fc.nat({ max: 3 })),
    more: fc.option(fc.nat({ max: 3 })),
    maxPerNode: fc.option(fc.integer({ min: 2, max: 9 })),
    never: fc.boolean(),
  })
  .map(({ replicas, less, more, maxPerNode, never }): ServiceEntry => ({
    replicas,
    ...(less !== null && { min: Math.max(0, replicas - less) }),
    ...(more !== null && { max: replicas + more }),
    ...(maxPerNode !== null && { maxPerNode }),
    ...(never && { rebalance: 'never' }),
  }));

/** An agent over a simulated swarm, with everything checked that must hold at every write. */
class Run {
  readonly swarm = new SimulatedSwarm(3, 2);
  memory: Memory = noMemory;
  dropWrites = 0;
  beforeWrite: (() => void) | undefined;
  readonly writes: { readonly atMs: number; readonly action: Action }[] = [];

  constructor(entries: readonly ServiceEntry[]) {
    names.forEach((name, i) => {
      const declared = entries[i];
      const spec = serviceSpec(name, 1);
      if (declared !== undefined) this.swarm.entries[name] = { ...declared, spec };
      this.swarm.create(spec);
    });
  }

  /** Lets time pass, with the agent looking whenever it wants to and at least every 30 s. */
  pass(ms: number): void {
    const untilMs = this.swarm.nowMs + ms;
    for (let again = true; again;) {
      const wakeInMs = this.#look();
      const left = untilMs - this.swarm.nowMs;
      again = left > 0;
      this.swarm.advance(Math.max(0, Math.min(left, Math.max(50, wakeInMs))));
    }
  }

  #look(): number {
    const seen = this.swarm.observe();
    const decision = reconcile(seen, this.memory, limits);
    this.memory = decision.memory;
    for (const action of decision.actions) {
      this.#check(action);
      this.beforeWrite?.();
      this.beforeWrite = undefined;
      if (this.dropWrites > 0) this.dropWrites -= 1;
      else if (this.swarm.apply(action)) this.writes.push({ atMs: this.swarm.nowMs, action });
    }
    return decision.actions.length > 0 ? 50 : Math.min(limits.resyncMs, decision.wakeInMs ?? limits.resyncMs);
  }

  #check(action: Action): void {
    expect(this.swarm.leader()?.ID).toBe(this.swarm.observe().selfId);
    if (action.kind === 'remove-service') this.#checkRemoval(action);
    if (action.kind !== 'update-service') return;
    const service = this.swarm.services.get(action.name);
    const declared = this.swarm.entries[action.name];
    if (service === undefined) throw new Error('an update of a service that is not there');
    expect(this.swarm.isBusy(action.name)).toBe(false);
    const count = replicasOf(action.spec) ?? -1;
    expect(imageOf(action.spec)).toBe(imageOf(service.Spec));
    if (action.why !== 'move-start' && declared !== undefined) expect(wantedReplicas(declared, count)).toBe(count);
    if (action.why === 'move-start') {
      expect(rollbackPoint(service)).toBeUndefined();
      expect(declared?.rebalance).not.toBe('never');
      expect(surgeOf(action.spec)?.from).toBeGreaterThan(1);
      expect(surgeOf(action.spec)?.extra).toBeLessThanOrEqual(limits.moveBudget);
    } else if (rollbackPoint(service) !== undefined && action.why === 'drift')
      expect(action.done.map(({ kind }) => kind)).toContain('rollback-point-replaced');
  }

  /** Only what has no count, and was declared to have one. */
  #checkRemoval({ name, id }: { readonly name: string; readonly id: string }): void {
    const service = this.swarm.services.get(name);
    expect(service?.ID).toBe(id);
    expect(service === undefined ? undefined : replicasOf(service.Spec)).toBeUndefined();
    expect(this.swarm.isBusy(name)).toBe(false);
    expect(this.swarm.entries[name]?.paused).not.toBe(true);
  }

  /** Everything that others do is over. */
  calm(): void {
    this.swarm.setLeader('m1');
    for (const node of this.swarm.nodes) this.swarm.setNode(node.ID, 'ready');
    for (const name of names) {
      this.swarm.setUpdateState(name, 'completed');
      this.swarm.entries[name] = { ...(this.swarm.entries[name] ?? { replicas: 1 }), paused: false };
    }
    this.beforeWrite = undefined;
    this.dropWrites = 0;
  }
}

const minuteMs = 60_000;

function expectAsDeclared(swarm: SimulatedSwarm, name: string): void {
  const service = swarm.services.get(name);
  const declared = swarm.entries[name];
  if (service === undefined || declared === undefined) throw new Error(`${name} is not there`);
  const have = replicasOf(service.Spec) ?? -1;
  expect(wantedReplicas(declared, have)).toBe(have);
  expect(surgeOf(service.Spec)).toBeUndefined();
  if (declared.maxPerNode !== undefined)
    expect(service.Spec.TaskTemplate?.Placement?.MaxReplicas).toBe(declared.maxPerNode);
  if (declared.rebalance === 'never' || rollbackPoint(service) !== undefined) return;
  const spread = swarm.spread(name);
  expect(Math.max(...spread) - Math.min(...spread)).toBeLessThan(2);
}

// A busy machine takes its time for what is mostly computing.
const timeout = 120_000;

it('whatever happens, the declared state comes back, evenly spread, and then nothing is touched', { timeout }, () => {
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 3, maxLength: 3 }),
      fc.array(step, { maxLength: 25 }),
      (entries, steps) => {
        const run = new Run(entries);
        for (const one of steps) {
          others[one.what](run, one);
          run.pass(one.afterMs);
        }
        run.calm();
        run.pass(30 * minuteMs);
        const settledAt = run.swarm.nowMs;
        run.pass(10 * minuteMs);
        expect(run.writes.filter(({ atMs }) => atMs >= settledAt)).toEqual([]);
        for (const name of names) expectAsDeclared(run.swarm, name);
      },
    ),
    { numRuns: 150 },
  );
});

it('corrections of a service are bounded, however often somebody changes it', { timeout }, () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 2_000 }), (everyMs) => {
      const run = new Run([{ replicas: 6 }]);
      for (let ms = 0; ms < 3 * minuteMs; ms += everyMs) {
        change(run.swarm, 'a', (spec) => withReplicas(spec, (ms / everyMs) % 2 === 0 ? 12 : 0));
        run.pass(everyMs);
      }
      const times = run.writes.flatMap(({ atMs, action }) => (action.kind === 'update-service' ? [atMs] : []));
      const busiest = times.map((from) => times.filter((at) => at >= from && at < from + minuteMs).length);
      expect(times.length).toBeGreaterThan(5);
      expect(Math.max(...busiest)).toBeLessThanOrEqual(mostPerMinute);
    }),
    { numRuns: 8 },
  );
});

it('on a node that does not lead, nothing is decided', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 3, maxLength: 3 }),
      fc.constantFrom('m2', 'm3', 'w1', 'gone'),
      (entries, selfId) => {
        const { swarm } = new Run(entries);
        let memory: Memory = noMemory;
        for (let i = 0; i < 20; i += 1) {
          const decision = reconcile(swarm.observe(selfId), memory, limits);
          expect(decision.actions).toEqual([]);
          memory = decision.memory;
          swarm.advance(5_000);
        }
      },
    ),
  );
});

it('the same sight and memory give the same decision', () => {
  const { swarm } = new Run([{ replicas: 3 }]);
  const first = reconcile(swarm.observe(), noMemory, limits);
  swarm.advance(limits.holdMs);
  expect(reconcile(swarm.observe(), first.memory, limits)).toEqual(reconcile(swarm.observe(), first.memory, limits));
  expect(reconcile(swarm.observe(), first.memory, limits).actions).toHaveLength(1);
});
