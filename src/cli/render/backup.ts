import type { BackupResult } from '../../operations/recovery/backup-swarm.js';
import type { RehearseResult } from '../../operations/recovery/rehearse-backup.js';
import type { RestoreResult } from '../../operations/recovery/restore-swarm.js';
import { serviceTable } from './recovery.js';
import { seconds } from './seconds.js';
import { table } from './table.js';

/** The result of `swarm backup`. */
export function backupSummary(result: BackupResult): string {
  const { swarm, file, bytes, manager, manifest, elapsedMs, rehearsal } = result;
  const { nodes, services, counts, autolock, raft } = manifest;
  return [
    `swarm ${swarm} was saved to ${file} (${bytes} bytes), copied from ${manager} in ${seconds(elapsedMs)}\n`,
    `${nodes.length} nodes, ${services.length} services, ${counts.secrets} secrets, `,
    `${counts.configs} configs, ${counts.networks} networks; raft index ${raft.index}`,
    `${autolock ? '; with its unlock key' : ''}\n`,
    rehearsal === undefined ? '' : `\n${rehearsalSummary(rehearsal)}`,
  ].join('');
}

/** What a rehearsal found. */
function rehearsalSummary({ rows, passed, elapsedMs }: RehearseResult): string {
  const head = `rehearsed in ${seconds(elapsedMs)}: ${passed ? 'everything is there' : 'something is missing'}\n\n`;
  return (
    head +
    table(
      ['WHAT', 'IN THE BACKUP', 'RESTORED'],
      rows.map(({ what, wanted, found }) => [what, wanted, found]),
    )
  );
}

/** The result of `swarm restore`. */
export function restoreSummary(result: RestoreResult): string {
  const { swarm, manager, address, createdAt, hosts, services, servicesRun, movedTo, elapsedMs } = result;
  const rows = hosts.map(({ name, status, error }) => [name, status, error?.message ?? '']);
  const hostTable = table(['HOST', 'STATUS', 'WHY'], rows);
  if (address === null)
    return `swarm ${swarm} of ${createdAt} would live on ${manager}\n\n${hostTable}\nNothing was done (--dry-run).\n`;
  return [
    `swarm ${swarm} of ${createdAt} lives on ${manager} (${address}), restored in ${seconds(elapsedMs)}\n\n`,
    hostTable,
    movedTo === null ? '' : `\nThe previous state was moved to ${movedTo} on ${manager}\n`,
    servicesRun === false ? `\nNot all services run yet:\n${serviceTable(services)}` : '',
  ].join('');
}
