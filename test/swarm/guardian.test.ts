import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type GuardedNode,
  judge,
  strengthOf,
  strengthText,
  type SwarmChange,
  type SwarmView,
} from '../../src/swarm/guardian.js';
import { quorumOf } from '../../src/swarm/quorum.js';

const node = (name: string, changes: Partial<GuardedNode> = {}): GuardedNode => ({
  id: `id-${name}`,
  name,
  isManager: name.startsWith('m'),
  isUp: true,
  isLeader: name === 'm1',
  availability: 'active',
  ...changes,
});
const view = (nodes: readonly (string | GuardedNode)[], wantedTasks = 0): SwarmView => ({
  name: 'default',
  wantedTasks,
  nodes: nodes.map((one) => (typeof one === 'string' ? node(one) : one)),
});
type NodesChange = Extract<SwarmChange, { nodes: readonly string[] }>['type'];
const change = (type: Exclude<NodesChange, 'force-new-cluster'>, ...names: string[]): SwarmChange => ({
  type,
  nodes: names.map((name) => `id-${name}`),
});
const dead = (name: string): GuardedNode => node(name, { isUp: false });

describe('the guardian', () => {
  it('never lets a swarm come to a state without a quorum, and takes nodes in an order that proves it', () => {
    const nodes = fc
      .array(fc.record({ isManager: fc.boolean(), isUp: fc.boolean() }), { minLength: 1, maxLength: 9 })
      .map((kinds) => kinds.map((kind, i) => node(`n${i}`, { ...kind, isLeader: false })));
    const type = fc.constantFrom('demote' as const, 'leave' as const, 'remove' as const);
    fc.assert(
      fc.property(nodes, type, fc.array(fc.nat(8), { minLength: 1, maxLength: 9 }), (all, kind, picks) => {
        const names = [...new Set(picks)].filter((i) => i < all.length).map((i) => `n${i}`);
        const { refusal, order, before } = judge(view(all), change(kind, ...names));
        const votes = (left: readonly GuardedNode[]): { total: number; up: number } => {
          const managers = left.filter((one) => one.isManager);
          return { total: managers.length, up: managers.filter((one) => one.isUp).length };
        };
        if (before.spare < 0) {
          expect(refusal?.code).toBe('QUORUM_LOST');
          return;
        }
        const states = order.map((_, i) => votes(all.filter(({ id }) => !order.slice(0, i + 1).includes(id))));
        const lost = states.some(({ total, up }) => total === 0 || up < quorumOf(total));
        expect(refusal !== undefined).toBe(lost && all.some(({ id, isManager }) => isManager && order.includes(id)));
        if (refusal !== undefined) expect(refusal.hints.length).toBeGreaterThan(0);
      }),
    );
  });

  it('allows a set of managers to go exactly when some order of them is safe', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), fc.nat(63), (up, mask) => {
        const all = up.map((isUp, i) => node(`n${i}`, { isManager: true, isUp, isLeader: false }));
        const going = all.filter((_, i) => (mask >> i) & 1);
        if (going.length === 0 || strengthOf(all).spare < 0) return;
        const isSafe = (left: readonly GuardedNode[]): boolean => left.length > 0 && strengthOf(left).spare >= 0;
        const anyOrder = (left: readonly GuardedNode[], rest: readonly GuardedNode[]): boolean =>
          rest.length === 0 ||
          rest.some((one) => {
            const next = left.filter((other) => other !== one);
            return (
              isSafe(next) &&
              anyOrder(
                next,
                rest.filter((other) => other !== one),
              )
            );
          });
        const { refusal } = judge(view(all), change('demote', ...going.map(({ name }) => name)));
        expect(refusal === undefined).toBe(anyOrder(all, going));
      }),
    );
  });

  it('lets stopped managers cost the quorum only when nothing else is there', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.nat(7), fc.boolean(), (managers, stopped, withWorker) => {
        const names = Array.from({ length: managers }, (_, i) => `m${i + 1}`);
        const going = names.slice(0, Math.max(1, Math.min(stopped, managers)));
        const { refusal } = judge(view([...names, ...(withWorker ? ['w'] : [])]), change('stop', ...going));
        const left = managers - going.length;
        const isWhole = left === 0 && !withWorker;
        expect(refusal?.code).toBe(left < quorumOf(managers) && !isWhole ? 'QUORUM_AT_RISK' : undefined);
        if (refusal !== undefined) expect(refusal.survivable).toBe(true);
      }),
    );
  });

  it.each<[string, SwarmView, SwarmChange, string]>([
    ['the last manager', view(['m1', 'w1']), change('demote', 'm1'), 'LAST_MANAGER'],
    ['all managers', view(['m1', 'm2', 'm3', 'w1']), change('leave', 'm1', 'm2', 'm3'), 'LAST_MANAGER'],
    ['a vote that is needed', view(['m1', 'm2', dead('m3')]), change('demote', 'm2'), 'QUORUM_AT_RISK'],
    ['a second stop', view(['m1', 'm2', dead('m3'), 'w1']), change('stop', 'm2'), 'QUORUM_AT_RISK'],
    ['a restart with one down', view(['m1', 'm2', dead('m3')]), change('restart', 'm1'), 'QUORUM_AT_RISK'],
    ['anything without a quorum', view(['m1', dead('m2')]), { type: 'write' }, 'QUORUM_LOST'],
    ['a new cluster for nothing', view(['m1', 'm2']), { type: 'force-new-cluster', nodes: ['id-m1'] }, 'QUORUM_HELD'],
    ['a manager that is down', view(['m1', node('w', { isUp: false })]), change('promote', 'w'), 'NODE_DOWN'],
    ['the last place for tasks', view(['m1'], 3), change('drain', 'm1'), 'NO_PLACE_FOR_TASKS'],
  ])('refuses %s', (_, given, wanted, code) => {
    expect(judge(given, wanted).refusal).toMatchObject({ code });
  });

  it.each<[string, SwarmView, SwarmChange]>([
    ['a dead manager to go, and then a live one', view(['m1', 'm2', dead('m3')]), change('demote', 'm2', 'm3')],
    ['one of two managers to go', view(['m1', 'm2']), change('demote', 'm1')],
    ['all managers to restart, in turn', view(['m1', 'm2', 'm3']), change('restart', 'm1', 'm2', 'm3')],
    ['the only manager to stop', view(['m1', 'w1']), change('stop', 'm1')],
    ['stops when the quorum is lost anyway', view(['m1', dead('m2')]), change('stop', 'm1')],
    ['a new cluster of the survivor', view(['m1', dead('m2')]), { type: 'force-new-cluster', nodes: ['id-m1'] }],
    ['an empty swarm to be drained', view(['m1']), change('drain', 'm1')],
    ['a drain with a place left', view(['m1', 'w1'], 3), change('drain', 'w1')],
  ])('allows %s', (_, given, wanted) => {
    expect(judge(given, wanted).refusal).toBeUndefined();
  });

  it('takes dead managers first and the leader last', () => {
    const { order } = judge(view(['m1', 'm2', 'm3', 'm4', dead('m5')]), change('demote', 'm1', 'm5', 'm2'));
    expect(order).toEqual(['id-m5', 'id-m2', 'id-m1']);
  });

  it('names the safe steps', () => {
    expect(judge(view(['m1', 'w1']), change('demote', 'm1')).refusal?.hints).toEqual([
      'swarmup node promote w1 first, then again',
    ]);
    expect(judge(view(['m1', 'm2', dead('m3')]), change('demote', 'm2')).refusal?.hints).toEqual([
      'swarmup start m3 first',
      'swarmup node rm m3 when it is lost for good',
    ]);
  });

  it('warns of what a change costs', () => {
    expect(judge(view(['m1', 'm2', 'm3']), change('demote', 'm3')).warnings).toEqual([
      '2 managers: loses quorum with 1 failure',
    ]);
    expect(judge(view(['m1', 'w1']), change('promote', 'w1')).warnings).toEqual([
      '2 managers need a quorum of 2 and survive the loss of 0, no more than 1 would: use 1 or 3',
    ]);
  });

  it.each([
    [['m1'], '1 manager: loses quorum with 1 failure'],
    [['m1', 'm2', 'm3'], '3 managers: survives 1 failure'],
    [['m1', 'm2', dead('m3')], '3 managers, 2 reachable: loses quorum with 1 failure'],
    [['m1', dead('m2')], '2 managers, 1 reachable: the quorum is lost'],
  ])('tells what %j bears', (names, text) => {
    expect(strengthText(strengthOf(view(names).nodes))).toBe(text);
  });
});
