import type { MachineRecord } from '../../machine/machine-record.js';
import { isDown, isReady, isUnheard } from '../../swarm/membership.js';
import type { SwarmNode } from '../../swarm/swarm-api.js';

/** Longer than any join waits for its node. */
const neverReportedMs = 300_000;

/**
 * Nodes that their hosts are no more: one that left, or was lost, and joined again is another node, and the one it was
 * stays listed as Down for ever. Down, of no host of ours, and with the hostname of a node that is Ready, or on record
 * as what a host was. Or of a join that failed after the managers had let it in: a node that never reported, neither its
 * state nor its hostname, `neverReportedMs` after it was listed. Pure.
 */
export function formerNodes(
  nodes: readonly SwarmNode[],
  machines: readonly Pick<MachineRecord, 'nodeId' | 'formerNodeId'>[],
  nowMs: number = Date.now(),
): readonly SwarmNode[] {
  const ready = new Set(nodes.filter(isReady).map(({ Description }) => Description.Hostname));
  const isOurs = (id: string): boolean => machines.some(({ nodeId }) => nodeId === id);
  const wasOurs = (id: string): boolean => machines.some(({ formerNodeId }) => formerNodeId === id);
  const neverReported = (node: SwarmNode): boolean =>
    isUnheard(node) &&
    (node.Description.Hostname ?? '') === '' &&
    nowMs - Date.parse(node.CreatedAt ?? '') > neverReportedMs;
  return nodes.filter((node) => {
    const { ID, Description } = node;
    if (isOurs(ID)) return false;
    const isOld = wasOurs(ID) || (Description.Hostname !== undefined && ready.has(Description.Hostname));
    return (isDown(node) && isOld) || neverReported(node);
  });
}
