import type { MachineRecord } from '../../machine/machine-record.js';
import { isDown, isReady, isUnheard } from '../../swarm/membership.js';
import type { SwarmNode } from '../../swarm/swarm-api.js';

/** Longer than any join waits for its node. */
const neverReportedMs = 300_000;

/**
 * The nodes that no longer belong to a host. A host that leaves or is lost and joins again becomes a new node, and its
 * old node stays in the list as Down forever. A former node is Down, belongs to no host on record, and has the hostname
 * of a node that is Ready or an ID that a record names as an earlier node. Nodes of a failed join also count: nodes
 * that have reported neither a state nor a hostname `neverReportedMs` after they were listed. Pure.
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
