import { describe, expect, it } from 'vitest';
import {
  beliefOf,
  beliefText,
  certificateEnded,
  isDown,
  isLocked,
  isReached,
  isReady,
  isUnreached,
  isVoter,
  isWell,
  managedCluster,
  type Membership,
  nodeTrouble,
  type SeenNode,
} from '../../src/swarm/membership.js';
import type { SwarmNode } from '../../src/swarm/swarm-api.js';

type State = SwarmNode['Status']['State'];
type Reachability = NonNullable<SwarmNode['ManagerStatus']>['Reachability'];

const node = (state: State, reachability?: Reachability, message?: string): SeenNode => ({
  Status: { State: state, Addr: '10.0.0.1', ...(message !== undefined && { Message: message }) },
  ...(reachability !== undefined && { ManagerStatus: { Reachability: reachability, Addr: '10.0.0.1:2377' } }),
});
const row = (state: string, reachability: string | null = null): SeenNode => ({ state, reachability });

const judged = (seen: SeenNode): string =>
  Object.entries({ isReady, isWell, isVoter, isReached, isUnreached, isDown })
    .filter(([, judge]) => judge(seen))
    .map(([name]) => name.slice(2))
    .join(' ');

describe('what managers see of a node', () => {
  it.each([
    ['ready', undefined, 'Ready Well', undefined],
    ['ready', 'reachable', 'Ready Well Voter Reached', undefined],
    ['ready', 'unreachable', 'Ready Voter Unreached', 'as a manager, the node is unreachable'],
    ['ready', 'unknown', 'Ready Voter Unreached', 'as a manager, the node is unknown'],
    ['down', undefined, 'Down', 'the state of the node is down'],
    ['down', 'unreachable', 'Voter Unreached Down', 'the state of the node is down'],
    // A manager is reached before its node has told that it is there, and after the managers have missed it.
    ['unknown', 'reachable', 'Voter Reached', 'the state of the node is unknown'],
    ['disconnected', undefined, '', 'the state of the node is disconnected'],
  ] as const)('%s, as a manager %s', (state, reachability, is, trouble) => {
    expect(judged(node(state, reachability))).toBe(is);
    expect(judged(row(state, reachability ?? null))).toBe(is);
    expect(nodeTrouble(node(state, reachability))).toBe(trouble);
    expect(nodeTrouble(row(state, reachability ?? null))).toBe(trouble);
  });

  it('is nothing good of one that is not listed', () => {
    expect([isReady, isWell, isVoter, isReached].map((judge) => judge(undefined))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(nodeTrouble(undefined)).toBe('the host is not a node');
  });

  it('asks more of one that is to be a manager, and tells what the swarm says', () => {
    expect(nodeTrouble(node('ready'), 'manager')).toBe('the node is not a manager yet');
    expect(nodeTrouble(node('ready', 'unreachable'), 'manager')).toBe('as a manager, the node is unreachable');
    expect(nodeTrouble(node('ready', 'reachable'), 'manager')).toBeUndefined();
    expect(nodeTrouble(node('down', undefined, 'heartbeat failure'))).toBe(
      'the state of the node is down (heartbeat failure)',
    );
  });
});

const own = (changes: Partial<Membership>): Membership => ({
  NodeID: 'n',
  NodeAddr: '10.0.0.1',
  LocalNodeState: 'active',
  ControlAvailable: false,
  Error: '',
  RemoteManagers: null,
  ...changes,
});

describe('what an engine takes itself for', () => {
  it('is one of five things', () => {
    const states = ['inactive', 'pending', 'active', 'locked', 'error', ''] as const;
    expect(states.map((LocalNodeState) => beliefOf({ LocalNodeState }))).toEqual([
      'outside',
      'joining',
      'joined',
      'locked',
      'failed',
      'failed',
    ]);
    expect([isLocked(own({ LocalNodeState: 'locked' })), isLocked(own({}))]).toEqual([true, false]);
    expect(beliefText(own({}))).toBe('active');
    expect(beliefText(own({ Error: 'no leader' }))).toBe('no leader');
  });

  it('is a manager only of a cluster that has a leader', () => {
    expect(managedCluster(own({ ControlAvailable: true, Cluster: { ID: 'c' } }))).toBe('c');
    expect(managedCluster(own({ ControlAvailable: true, Cluster: { ID: '' } }))).toBeUndefined();
    expect(managedCluster(own({ ControlAvailable: false, Cluster: { ID: 'c' } }))).toBeUndefined();
    expect(managedCluster(own({ ControlAvailable: true }))).toBeUndefined();
  });

  it.each([
    ['error', 'cluster: node certificate has expired', true],
    ['error', 'x509: certificate not valid after 2026', true],
    ['error', 'some other trouble', false],
    ['active', 'certificate has expired', false],
  ] as const)('%s: %s', (LocalNodeState, trouble, ended) => {
    expect(certificateEnded(own({ LocalNodeState, Error: trouble }))).toBe(ended);
  });
});
