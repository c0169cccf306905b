import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type EngineClient, openEngine } from '../../../src/lib/engine-client.js';
import { awaitReadyNode } from '../../../src/operations/steps/become-node.js';
import type { FakeCluster } from '../../support/fake-cluster.js';
import { fakeEngine, type FakeEngine } from '../../support/fake-engine.js';
import { hurry } from '../../support/hurry.js';

interface Manager {
  readonly engine: FakeEngine;
  readonly client: EngineClient;
  readonly cluster: FakeCluster;
}

/** The first manager of a swarm, which it made itself. */
function firstManager(): Manager {
  const engine = fakeEngine(new Map(), 'm1', '192.0.2.1');
  engine.initByHand();
  const dial = async () => {
    const [ours, theirs] = duplexPair();
    engine.serve(theirs);
    return ours;
  };
  if (engine.cluster === undefined) throw new Error('m1 made no swarm');
  return { engine, client: openEngine({ what: 'the engine of m1', dial }), cluster: engine.cluster };
}

/** Two more of its managers; m3 is there, so that there is a leader without m2. */
function addManagers({ cluster }: Manager, isAlive: () => boolean): string {
  cluster.add({ role: 'manager', hostname: 'm3', address: '192.0.2.3', isAlive: () => true });
  return cluster.add({ role: 'manager', hostname: 'm2', address: '192.0.2.2', isAlive });
}

const { signal } = new AbortController();
const asked = ({ engine }: Manager): number => engine.calls.filter((call) => call === 'GET /nodes/*').length;
const labelsOf = ({ cluster }: Manager, id: string) => cluster.nodes.find(({ ID }) => ID === id)?.Spec.Labels;

describe('a manager that is Ready', () => {
  it('is waited for until the others reach it, and is ours only then', async () => {
    const m1 = firstManager();
    const nodeId = addManagers(m1, () => asked(m1) > 3);
    expect(await awaitReadyNode(m1.client, { name: 'm2', nodeId, role: 'manager' }, signal)).toBe('changed');
    expect(asked(m1)).toBeGreaterThan(3);
    expect(labelsOf(m1, nodeId)).toEqual({ 'swarmup.managed': 'true' });
  });

  it('is no node of ours when they never do: the error says so, not that it is Ready', async () => {
    const m1 = firstManager();
    const nodeId = addManagers(m1, () => false);
    const waited = hurry(60_000, 300, () => awaitReadyNode(m1.client, { name: 'm2', nodeId, role: 'manager' }, signal));
    await expect(waited).rejects.toMatchObject({
      code: 'TIMEOUT',
      host: 'm2',
      message: 'waited 60 s for m2 to be Ready; last: as a manager, the node is unreachable',
    });
    expect(labelsOf(m1, nodeId)).toEqual({});
  });

  it('need not be reached where only the node was asked for', async () => {
    const m1 = firstManager();
    const nodeId = addManagers(m1, () => false);
    expect(await awaitReadyNode(m1.client, { name: 'm2', nodeId, role: null }, signal)).toBe('changed');
  });
});
