import type { DrainResult } from '../../operations/nodes/drain-nodes.js';

/** What `node drain` did: a line a node, then what became of services. */
export function drainLines({ nodes, moved, ended, dryRun }: DrainResult): string {
  const width = Math.max(...nodes.map(({ name }) => name.length));
  const lines = [
    ...nodes.map(({ name, status }) => `${name.padEnd(width)}  ${status}`),
    ...(moved.length > 0
      ? [`${dryRun ? 'would first start' : 'first started'} on other nodes: ${moved.join(', ')}`]
      : []),
    ...ended.map(({ service, why }) => `${dryRun ? 'would stop' : 'stopped'} with the node: ${service} (${why})`),
  ];
  return `${lines.join('\n')}\n`;
}
