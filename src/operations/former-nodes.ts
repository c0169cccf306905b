import type { MachineRecord } from '../machine/machine-record.js';
import type { SwarmNode } from '../swarm/swarm-api.js';

/**
 * Nodes that their hosts are no more: one that left, or was lost, and joined again is another node, and the one it was
 * stays listed as Down for ever. Down, of no host of ours, and with the hostname of a node that is Ready, or on record
 * as what a host was. Pure.
 */
export function formerNodes(
  nodes: readonly SwarmNode[],
  machines: readonly Pick<MachineRecord, 'nodeId' | 'formerNodeId'>[],
): readonly SwarmNode[] {
  const ready = new Set(
    nodes.filter(({ Status }) => Status.State === 'ready').map(({ Description }) => Description.Hostname),
  );
  const isOurs = (id: string): boolean => machines.some(({ nodeId }) => nodeId === id);
  const wasOurs = (id: string): boolean => machines.some(({ formerNodeId }) => formerNodeId === id);
  return nodes.filter(
    ({ ID, Status, Description }) =>
      Status.State === 'down' &&
      !isOurs(ID) &&
      (wasOurs(ID) || (Description.Hostname !== undefined && ready.has(Description.Hostname))),
  );
}
