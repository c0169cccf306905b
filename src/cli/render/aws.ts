import type { AwsCheckResult } from '../../operations/drivers/aws-check.js';
import type { AwsOrphansResult } from '../../operations/drivers/aws-orphans.js';
import { table } from './table.js';

/** What `aws orphans` found, and what became of it. */
export function orphanTable({ orphans }: AwsOrphansResult): string {
  if (orphans.length === 0) return 'There is nothing in AWS that is not on record here.\n';
  return table(
    ['REGION', 'TYPE', 'ID', 'HOST', 'SWARM', 'STATE', 'MADE BY', 'DELETED'],
    orphans.map((orphan) => [
      orphan.region,
      orphan.type,
      orphan.id,
      orphan.machine ?? '-',
      orphan.cluster.startsWith('host:') ? '-' : orphan.cluster,
      orphan.state ?? '-',
      orphan.mine ? 'you' : (orphan.owner ?? '-'),
      orphan.deleted ? 'yes' : 'no',
    ]),
  );
}

export function permissionTable({ permissions }: AwsCheckResult): string {
  return table(
    ['PERMISSION', 'ALLOWED', 'DETAIL'],
    permissions.map(({ action, allowed, detail }) => [
      action,
      allowed === null ? 'not tried' : allowed ? 'yes' : 'no',
      detail,
    ]),
  );
}
