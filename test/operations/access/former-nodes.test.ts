import { describe, expect, it } from 'vitest';
import { formerNodes } from '../../../src/operations/access/former-nodes.js';
import type { SwarmNode } from '../../../src/swarm/swarm-api.js';

const joined = Date.parse('2026-11-27T12:00:00Z');

function node(ID: string, state: SwarmNode['Status']['State'], Hostname?: string): SwarmNode {
  return {
    ID,
    Version: { Index: 1 },
    CreatedAt: new Date(joined).toISOString(),
    Spec: { Labels: null, Role: 'worker', Availability: 'active' },
    Description: Hostname === undefined ? {} : { Hostname },
    Status: { State: state, Addr: '' },
  };
}

const ids = (nodes: readonly SwarmNode[], minutes: number): readonly string[] =>
  formerNodes(nodes, [{ nodeId: 'ours' }], joined + minutes * 60_000).map(({ ID }) => ID);

describe('nodes that their hosts are no more', () => {
  it('are those of joins that failed: never reported, some minutes on', () => {
    const nodes = [node('ours', 'unknown'), node('phantom', 'unknown'), node('silent', 'unknown', 'b')];
    expect(ids(nodes, 4)).toEqual([]);
    expect(ids(nodes, 6)).toEqual(['phantom']);
  });

  it('are Down ones whose hostname is that of a Ready node', () => {
    const nodes = [node('ours', 'ready', 'a'), node('former', 'down', 'a'), node('other', 'down', 'b')];
    expect(ids(nodes, 0)).toEqual(['former']);
  });
});
