import type { CreateResult } from '../../operations/access/results.js';
import type { CommandIo } from '../command-io.js';
import { costText } from './cost-text.js';
import { listTable } from './listing.js';
import { nodeListing } from './node-table.js';
import { outcomeLines } from './outcome-lines.js';
import { painter } from './paint.js';
import { seconds } from './seconds.js';
import { table } from './table.js';

/** What `create` says at the end: what became of each host, the nodes, and what to type next. */
export function createSummary(io: CommandIo, result: CreateResult): string {
  const failed = result.hosts.filter((host) => host.status === 'failed');
  const parts = [
    outcomeLines(io, failed),
    result.nodes.length > 0 ? listTable(nodeListing, result.nodes) : hostList(result),
    result.cost === undefined ? '' : costText(result.cost),
    `${headline(result)}\n`,
    result.next.length === 0
      ? ''
      : `Next:\n${result.next.map((command) => `  ${painter(io, 'stdout')('cyan', command)}\n`).join('')}`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function hostList({ hosts }: CreateResult): string {
  return table(
    ['HOST', 'STATUS', 'ROLE', 'URL'],
    hosts.map((host) => [host.name, host.status, host.role ?? '-', host.url ?? '-']),
  );
}

function headline({ hosts, swarm, dryRun, driver, elapsedMs }: CreateResult): string {
  if (dryRun) return `Nothing was done (--dry-run); the driver would be ${driver}.`;
  const counts = [...new Set(hosts.map((host) => host.status))].map(
    (status) => `${hosts.filter((host) => host.status === status).length} ${status}`,
  );
  const where = swarm === null ? '' : ` in swarm ${swarm}`;
  if (hosts.every((host) => host.status === 'unchanged'))
    return `Everything is there already${where}; nothing was changed.`;
  return `${counts.join(', ')}${where}, by driver ${driver}, in ${seconds(elapsedMs)}`;
}
