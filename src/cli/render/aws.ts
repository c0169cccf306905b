import type { AwsAllowResult } from '../../operations/drivers/aws-allow.js';
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
      swarmOf(orphan.cluster),
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

/** Who may reach the hosts now. */
export function allowTable({ groups, networks, dryRun }: AwsAllowResult): string {
  if (groups.length === 0) return 'No security group of swarmup belongs to these hosts.\n';
  const changes = ({ opened, closed }: AwsAllowResult['groups'][number]): string =>
    [...opened.map((rule) => `+ ${rule}`), ...closed.map((rule) => `- ${rule}`)].join(', ');
  const rows = groups.map((group) => [group.region, group.group, swarmOf(group.cluster), changes(group) || 'none']);
  const end = dryRun ? 'Nothing was done (--dry-run).' : `${networks.join(', ')} may reach them.`;
  return `${table(['REGION', 'GROUP', 'SWARM', 'CHANGES'], rows)}${end}\n`;
}

const swarmOf = (cluster: string): string => (cluster.startsWith('host:') ? '-' : cluster);
