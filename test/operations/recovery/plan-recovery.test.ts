import { describe, expect, it } from 'vitest';
import type { AskedHost } from '../../../src/operations/recovery/diagnose-swarm.js';
import { planRecovery } from '../../../src/operations/recovery/plan-recovery.js';
import type { SwarmNode } from '../../../src/swarm/swarm-api.js';

const node = (id: string, change: Partial<SwarmNode> = {}): SwarmNode => ({
  ID: id,
  Version: { Index: 1 },
  Spec: { Labels: {}, Role: 'manager', Availability: 'active' },
  Description: {},
  Status: { State: 'ready', Addr: '' },
  ManagerStatus: { Reachability: 'reachable', Addr: '' },
  ...change,
});
const asWorker = (id: string, state: 'ready' | 'unknown' | 'down'): SwarmNode => {
  const { ManagerStatus, ...rest } = node(id, { Status: { State: state, Addr: '' } });
  expect(ManagerStatus).toBeDefined();
  return rest;
};

function host(name: string, change: Partial<AskedHost> = {}, nodeId: string | null = `node-${name}`): AskedHost {
  const role = name.startsWith('w') ? 'worker' : 'manager';
  const standing = change.standing ?? (role === 'worker' ? 'member' : 'leaderless');
  const answers = standing !== 'off' && standing !== 'no-engine';
  return {
    name,
    role,
    standing,
    detail: '',
    raft: null,
    power: null,
    nodes: [],
    record: {
      schemaVersion: 1,
      id: name,
      name,
      driver: 'fake',
      swarm: 'default',
      role,
      phase: 'ready',
      options: {},
      engineSettings: { tls: false, tlsSans: [] },
      driverState: null,
      endpoint: null,
      engine: null,
      advertiseAddr: `address-of-${name}`,
      nodeId,
      createdAt: '',
      ...(nodeId === null && { formerNodeId: `node-${name}` }),
    },
    info: answers
      ? {
          Name: name,
          ServerVersion: '20.10.24',
          Swarm: {
            NodeID: standing === 'outside' || standing === 'locked' ? '' : `node-${name}`,
            NodeAddr: '',
            LocalNodeState: 'active',
            ControlAvailable: role === 'manager',
            Error: '',
            RemoteManagers: null,
          },
        }
      : undefined,
    ...change,
  };
}

const raft = (commit: number, index = commit) => ({ term: 2, index, commit });
const lost = (...hosts: AskedHost[]) => planRecovery('default', { hosts, authority: undefined });
const alive = (...hosts: AskedHost[]) => planRecovery('default', { hosts, authority: hosts[0] });
const names = (hosts: readonly AskedHost[]): string[] => hosts.map(({ name }) => name);

describe('a swarm without quorum', () => {
  it('goes on with the one manager that is left; stopped ones can bring it back gently', () => {
    const plan = lost(host('m1', { raft: raft(9) }), host('m2', { standing: 'off', power: 'stopped' }), host('w1'));
    expect(plan).toMatchObject({ kind: 'recover', gentle: ['swarmup start m2'] });
    expect(plan.reason).toBe('swarm default has lost its quorum: 1 of 2 managers answers, 2 are needed');
    expect([plan.manager.name, names(plan.lost), names(plan.rejoin), names(plan.workers)]).toEqual([
      'm1',
      ['m2'],
      [],
      ['w1'],
    ]);
  });

  it('goes on with the newest state, not with the longest log, and others join it', () => {
    const dead = ['m3', 'm4', 'm5'].map((name) => host(name, { standing: 'off', power: 'absent' }));
    const plan = lost(host('m1', { raft: raft(40, 90) }), host('m2', { raft: raft(41) }), ...dead);
    expect([plan.manager.name, names(plan.rejoin), names(plan.lost)]).toEqual(['m2', ['m1'], ['m3', 'm4', 'm5']]);
    expect(plan.gentle).toEqual([]);
  });

  it('prefers a manager that runs to a locked one of the same state', () => {
    const plan = lost(
      host('m1', { standing: 'locked', raft: raft(9) }),
      host('m2', { raft: raft(9) }),
      host('m3', { standing: 'off', power: 'absent' }),
    );
    expect([plan.manager.name, names(plan.rejoin)]).toEqual(['m2', ['m1']]);
    expect(plan.gentle).toEqual(['swarmup swarm unlock m1']);
  });

  it('goes on where an engine gave up a recovery of a locked manager half-way', () => {
    const plan = lost(host('m1', { standing: 'outside', raft: raft(9) }), host('m2', { standing: 'off' }));
    expect(plan.manager.name).toBe('m1');
  });

  it('never goes on with a manager that it was recovered without before', () => {
    const plan = lost(host('m1', { raft: raft(9) }), host('m2', { raft: raft(99) }, null));
    expect([plan.manager.name, names(plan.rejoin)]).toEqual(['m1', ['m2']]);
  });

  it('is not made of a manager that has got nothing of it yet', () => {
    const all = [host('m1', { standing: 'off', power: 'stopped' }), host('m2', { raft: raft(0) })];
    expect(() => lost(...all)).toThrow(expect.objectContaining({ code: 'NO_SURVIVOR' }) as Error);
    expect(lost(...all, host('m3', { raft: raft(9) })).manager.name).toBe('m3');
  });

  it('cannot be recovered when nobody has its state', () => {
    const all = [host('m1', { standing: 'off', power: 'stopped' }), host('m2', { standing: 'outside' })];
    expect(() => lost(...all)).toThrow(
      expect.objectContaining({
        code: 'NO_SURVIVOR',
        exitCode: 6,
        hints: expect.arrayContaining([expect.stringContaining('swarmup start m1')]) as string[],
      }) as Error,
    );
  });
});

describe('a swarm that has its quorum', () => {
  const m1 = (...nodes: SwarmNode[]): AskedHost =>
    host('m1', { standing: 'managing', nodes: [node('node-m1'), ...nodes] });

  it('is healthy when engines and swarm agree', () => {
    const plan = alive(
      m1(node('node-m2'), asWorker('node-w1', 'ready')),
      host('m2', { standing: 'managing' }),
      host('w1'),
    );
    expect(plan).toMatchObject({ kind: 'healthy', reason: 'swarm default has its quorum (2 of 2 managers reachable)' });
  });

  it('stays so with a manager that is down, or one that it was recovered without and that is not back', () => {
    expect(alive(m1(node('node-m2'), node('node-m3')), host('m2', { standing: 'off' })).kind).toBe('healthy');
    expect(alive(m1(), host('m2', { standing: 'off' }, null)).kind).toBe('healthy');
  });

  it('takes back a manager that believes in the old one, also when nobody marked it', () => {
    for (const nodeId of [null, 'node-m2']) {
      const plan = alive(m1(asWorker('node-m2', 'unknown')), host('m2', {}, nodeId));
      expect([plan.kind, names(plan.rejoin)]).toEqual(['clean', ['m2']]);
    }
    // Forgotten already.
    expect(names(alive(m1(), host('m2', { standing: 'locked' }, null)).rejoin)).toEqual(['m2']);
  });

  it('goes on with a host that had left and not joined yet, but not with one that was taken out by hand', () => {
    expect(names(alive(m1(), host('m2', { standing: 'outside' }, null)).rejoin)).toEqual(['m2']);
    expect(alive(m1(), host('w1', { standing: 'outside' })).kind).toBe('healthy');
  });

  it('forgets the node of a manager that a stopped recovery has left in the list', () => {
    const plan = alive(m1(asWorker('node-m2', 'down')), host('m2', { standing: 'off' }, null));
    expect([plan.kind, names(plan.lost), names(plan.rejoin)]).toEqual(['clean', ['m2'], []]);
  });
});
