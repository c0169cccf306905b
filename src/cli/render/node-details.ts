import type { NodeDetails } from '../../operations/nodes/inspect-nodes.js';

/** What is known of a node, a line each. */
export function nodeDetails(node: NodeDetails): string {
  const rows: readonly (readonly [string, string])[] = [
    ['node', node.name],
    ['id', node.id],
    ['hostname', node.hostname ?? '-'],
    ['role', node.leader ? `${node.role} (leader)` : node.role],
    ['state', node.message === null ? node.state : `${node.state} (${node.message})`],
    ['availability', node.availability],
    ...(node.reachability === null ? [] : [['reachability', node.reachability] as const]),
    ['address', node.address || '-'],
    ['engine', node.engineVersion || '-'],
    ['platform', node.platform ?? '-'],
    ['cpus', node.cpus === null ? '-' : String(node.cpus)],
    ['memory', node.memoryBytes === null ? '-' : `${Math.round(node.memoryBytes / 2 ** 20)} MiB`],
    ['tasks', `${node.runningTasks} running`],
    ['labels', pairs(node.labels)],
    ['engine labels', pairs(node.engineLabels)],
    ['joined', node.joinedAt?.replace(/\.\d+Z$/, 'Z') ?? '-'],
  ];
  return rows.map(([what, text]) => `${what.padEnd(13)}  ${text}\n`).join('');
}

const pairs = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ') || '-';
