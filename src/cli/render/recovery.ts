import type { HostFinding } from '../../operations/recovery/diagnose-swarm.js';
import type { RecoverResult } from '../../operations/recovery/recover-swarm.js';
import type { ServiceCount } from '../../operations/steps/service-counts.js';
import { seconds } from './seconds.js';
import { table } from './table.js';

/** The findings, and the planned steps. */
export function recoveryFindings(result: RecoverResult): string {
  const rows = result.diagnosis.map((host) => [host.name, host.role, host.standing, raftText(host), host.detail]);
  const { reason, plan, gentle } = result;
  const better = gentle.map((command) => `  ${command}\n`).join('');
  return [
    `${reason}.\n\n`,
    table(['HOST', 'ROLE', 'STATE', 'RAFT TERM.INDEX/COMMIT', 'WHY'], rows),
    ...(better === ''
      ? []
      : [`\nIf the managers come back by themselves, nothing is lost. Try this first:\n${better}`]),
    ...(plan.length === 0 ? [] : [`\nRecovery:\n${plan.map((line, i) => `  ${i + 1}. ${line}\n`).join('')}`]),
  ].join('');
}

const raftText = ({ raft }: HostFinding): string => (raft === null ? '-' : `${raft.term}.${raft.index}/${raft.commit}`);

/** The result of `swarm recover`. */
export function recoverySummary(result: RecoverResult): string {
  if (result.status === 'healthy') return `Nothing to recover: ${result.reason}.\n`;
  if (result.status === 'would-clean' || result.status === 'would-recover')
    return `${recoveryFindings(result)}\nNothing was done (--dry-run).\n`;
  const { hosts, copy, timings, survivor, swarm, services, servicesRun } = result;
  const rows = hosts.map(({ name, status, error }) => [name, status, error?.message ?? '']);
  const times = [
    ...(timings?.leaderMs == null ? [] : [`a leader after ${seconds(timings.leaderMs)}`]),
    ...(timings?.servicesRunMs == null ? [] : [`all services running after ${seconds(timings.servicesRunMs)}`]),
  ];
  return [
    `swarm ${swarm} lives on ${survivor}${times.length === 0 ? '' : `: ${times.join(', ')}`}\n\n`,
    table(['HOST', 'STATUS', 'WHY'], rows),
    ...(copy === null ? [] : [`\nThe state before the recovery: ${copy.path} on ${copy.host} (${copy.bytes} bytes)\n`]),
    servicesRun === true ? '' : `\nNot all services run yet:\n${serviceTable(services)}`,
  ].join('');
}

/** Services with running and wanted tasks. */
export const serviceTable = (services: readonly ServiceCount[]): string =>
  table(
    ['SERVICE', 'TASKS'],
    services.map(({ service, running, wanted }) => [service, `${running}/${wanted}`]),
  );
