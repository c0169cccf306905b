import type {
  ServiceOutcome,
  ServiceRow,
  ServicesResult,
  TaskFailure,
  TaskRow,
} from '../../operations/services/service-results.js';
import { seconds } from './seconds.js';
import type { StackListResult } from '../../operations/services/stacks.js';
import type { Listing } from './listing.js';

/** The list of `service ls` and `stack services`. */
export const serviceListing: Listing<ServiceRow> = {
  id: ({ id }) => id,
  columns: {
    Name: { text: ({ name }) => name },
    ID: { text: ({ id }) => id, head: null },
    Mode: { text: ({ mode }) => mode },
    Replicas: { text: ({ running, wanted }) => `${running}/${wanted}`, head: 'RUNNING' },
    Image: { text: ({ image }) => image },
    Ports: { text: ({ ports }) => ports.join(', ') || '-' },
    Update: { text: ({ update }) => update ?? '-', head: 'LAST UPDATE' },
  },
};

/** The list of `stack ls`. */
export const stackListing: Listing<StackListResult['stacks'][number]> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name, head: 'STACK' },
    Services: { text: ({ services }) => String(services) },
  },
};

/** The list of `service ps`, `stack ps` and `node ps`. */
export const taskListing: Listing<TaskRow> = {
  id: ({ id }) => id,
  columns: {
    Name: { text: ({ name }) => name, head: 'TASK' },
    ID: { text: ({ id }) => id, head: null },
    Node: { text: ({ node }) => node ?? '-' },
    DesiredState: { text: ({ desiredState }) => desiredState, head: 'WANTED' },
    CurrentState: { text: ({ state }) => state, head: 'STATE' },
    Since: { text: ({ since }) => since?.replace(/\.\d+Z$/, 'Z') ?? '-' },
    Image: { text: ({ image }) => image },
    Error: { text: ({ error }) => error ?? '' },
  },
};

/**
 * The results of services: one line each; below a failed service its tasks, their nodes, the reasons and their last
 * output.
 */
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
      const head = state === 'failed' ? 'FAILED' : 'DID NOT CONVERGE IN TIME';
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
