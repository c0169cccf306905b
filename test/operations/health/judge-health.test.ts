import { describe, expect, it } from 'vitest';
import { type HealthSeen, judgeHealth } from '../../../src/operations/health/judge-health.js';
import type { StatusNode } from '../../../src/operations/health/status-node.js';

const node = (name: string, more: Partial<StatusNode> = {}): StatusNode => ({
  id: `id-${name}`,
  name,
  role: 'worker',
  leader: false,
  former: false,
  state: 'ready',
  availability: 'active',
  reachability: null,
  address: '192.0.2.1',
  engineVersion: '20.10.24',
  certificateBegins: '2026-10-01T00:00:00.000Z',
  certificateEnds: '2026-12-30T00:00:00.000Z',
  ...more,
});

const now = new Date('2026-11-27T00:00:00Z');
const seen = (more: Partial<HealthSeen> = {}): HealthSeen => ({
  swarm: 'default',
  now,
  strength: { managers: 1, reachable: 1, quorum: 1, spare: 0 },
  nodes: [node('m', { role: 'manager', reachability: 'reachable', leader: true }), node('a')],
  versions: [{ version: '20.10.24', nodes: ['m', 'a'] }],
  authority: { ends: '2046-01-01T00:00:00.000Z', rotating: false },
  autolock: { on: false, custody: null },
  addressPools: { pools: ['10.0.0.0/8'], prefix: 24, used: 3, subnets: 65_536 },
  machines: [],
  unreachable: new Map(),
  notRunning: [],
  ...more,
});

const judged = (more: Partial<HealthSeen>): readonly string[] =>
  judgeHealth(seen(more)).map(({ severity, check, message }) => `${severity} ${check}: ${message}`);

describe('health of a swarm', () => {
  it('has nothing to say of one that is as it should be', () => {
    expect(judged({})).toEqual([]);
  });

  it('counts tasks that do not run as an error, with the reason that swarm gives', () => {
    const notRunning = [{ service: 'web', running: 1, wanted: 3, why: 'no suitable node (insufficient resources)' }];
    expect(judgeHealth(seen({ notRunning }))).toMatchObject([
      {
        severity: 'error',
        message: 'web runs 1 of 3 tasks',
        cause: 'no suitable node (insufficient resources)',
        fix: 'swarmup service ps web',
      },
    ]);
  });

  it('compares engine versions, and names those that differ from most', () => {
    const versions = [
      { version: '20.10.24', nodes: ['m', 'a'] },
      { version: '24.0.7', nodes: ['b'] },
    ];
    expect(judged({ versions })).toEqual([
      'warning versions: the engines have different versions: 24.0.7 on b; 20.10.24 on the others',
    ]);
  });

  it('warns of a certificate that was not renewed in its time, and calls one that ended an error', () => {
    const late = node('b', { certificateEnds: '2026-12-01T00:00:00.000Z' });
    const over = node('c', { certificateEnds: '2026-11-26T00:00:00.000Z' });
    // Of a certificate for an hour ten minutes are no reason.
    const short = node('d', {
      certificateBegins: '2026-11-26T23:30:00.000Z',
      certificateEnds: '2026-11-27T00:30:00.000Z',
    });
    const untold = node('e', { certificateBegins: null, certificateEnds: null });
    expect(judged({ nodes: [late, over, short, untold] })).toEqual([
      'error node-certificate: the node certificate of the host expired on 2026-11-26',
      'warning node-certificate: the node certificate of the host expires on 2026-12-01',
    ]);
  });

  it('warns of an authority that ends, and of one that is being replaced', () => {
    expect(judged({ authority: { ends: '2027-02-01T00:00:00.000Z', rotating: true } })).toEqual([
      'warning authority: the authority that signs the node certificates expires on 2027-02-01',
      'warning authority: the authority is being replaced',
    ]);
  });

  it('warns of a key that nobody keeps, and of a pool that is nearly used up', () => {
    const addressPools = { pools: ['10.9.0.0/20'], prefix: 24, used: 15, subnets: 16 };
    expect(judged({ autolock: { on: true, custody: null }, addressPools })).toEqual([
      'warning address-pool: 15 of 16 subnets of the address pool are in use',
      'warning unlock-key: autolock is on, but swarmup does not have the unlock key',
    ]);
    expect(judged({ autolock: { on: true, custody: 'key-file' } })).toEqual([]);
  });

  it('tells a drained node, which is no fault', () => {
    expect(judgeHealth(seen({ swarm: 'prod', nodes: [node('a', { availability: 'drain' })] }))).toMatchObject([
      { severity: 'info', check: 'availability', fix: 'swarmup node activate --swarm prod a' },
    ]);
  });
});
