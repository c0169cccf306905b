import type { RebalancedService, RebalanceResult } from '../../operations/agent/rebalance.js';
import { table } from './table.js';

/** The table of `rebalance`. */
export function rebalanceTable({ services, dryRun }: RebalanceResult): string {
  if (services.length === 0) return 'No service in this swarm has a replica count.\n';
  const rows = services.map((service) => [
    service.service,
    service.status,
    service.moves === 0 ? '-' : String(service.moves),
    service.nodes.map((node) => spread(node, service.status)).join(' '),
    service.reason ?? '',
  ]);
  const note = dryRun ? '\nNothing was done (--dry-run).\n' : '';
  return `${table(['SERVICE', 'STATUS', 'MOVES', 'TASKS PER NODE', 'WHY'], rows)}${note}`;
}

const spread = ({ node, now, ideal }: RebalancedService['nodes'][number], status: string): string =>
  now === ideal || status === 'skipped' ? `${node}:${now}` : `${node}:${now}→${ideal}`;
