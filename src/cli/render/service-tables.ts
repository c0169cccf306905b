import type {
  ServiceListResult,
  ServiceOutcome,
  ServicesResult,
  TaskFailure,
  TaskListResult,
} from '../../operations/services/service-results.js';
import { seconds } from './seconds.js';
import { table } from './table.js';

/** The table of `service ls` and `stack services`. */
export const serviceTable = ({ services }: Pick<ServiceListResult, 'services'>): string =>
  table(
    ['NAME', 'MODE', 'RUNNING', 'IMAGE', 'PORTS', 'LAST UPDATE'],
    services.map((row) => [
      row.name,
      row.mode,
      `${row.running}/${row.wanted}`,
      row.image,
      row.ports.join(', ') || '-',
      row.update ?? '-',
    ]),
  );

/** The table of `service ps` and `stack ps`. */
export const taskTable = ({ tasks }: Pick<TaskListResult, 'tasks'>): string =>
  table(
    ['TASK', 'NODE', 'WANTED', 'STATE', 'SINCE', 'IMAGE', 'ERROR'],
    tasks.map((row) => [
      row.name,
      row.node ?? '-',
      row.desiredState,
      row.state,
      row.since?.replace(/\.\d+Z$/, 'Z') ?? '-',
      row.image,
      row.error ?? '',
    ]),
  );

/** What became of services: a line each; under one that failed its tasks, where, why, and what they wrote last. */
export function serviceOutcomes({ services, dryRun }: Pick<ServicesResult, 'services' | 'dryRun'>): string {
  const lines = services.map(outcomeText).join('');
  return dryRun ? `${lines}Nothing was done (--dry-run).\n` : lines;
}

function outcomeText(outcome: ServiceOutcome): string {
  const { service, change, state, message, elapsedMs, failures } = outcome;
  switch (state) {
    case 'converged':
      return `${service}: ${change}, converged (${message}) in ${seconds(elapsedMs)}\n`;
    case 'failed':
    case 'timed-out': {
      const head = state === 'failed' ? 'FAILED' : 'NOT CONVERGED IN TIME';
      return `${service}: ${head}: ${message}\n${failures.map(failureText).join('')}`;
    }
    case 'planned':
      return `${service}: would be ${change}\n`;
    case 'detached':
    case 'removed':
      return `${service}: ${change}\n`;
  }
}

function failureText({ task, node, state, error, exitCode, log }: TaskFailure): string {
  const code = exitCode === null || error.includes(`(${exitCode})`) ? '' : ` (exit code ${exitCode})`;
  const where = node === null ? '' : ` on ${node}`;
  return `  ${task}${where}: ${state}: ${error}${code}\n${log.map((line) => `    | ${line}\n`).join('')}`;
}
