import type { UpResult } from '../../operations/lab/up-lab.js';
import type { CommandIo } from '../command-io.js';
import { listTable } from './listing.js';
import { nodeListing } from './node-table.js';
import { painter } from './paint.js';
import { seconds } from './seconds.js';

/** What `up` says at the end: what failed and why, else the nodes, the lab's own message and what to type next. */
export function labUpText(io: CommandIo, result: UpResult): string {
  const { lab, outcomes, nodes, message, next, elapsedMs } = result;
  const paint = painter(io, 'stdout');
  const failures = outcomes.flatMap(({ what, name, error }) =>
    error === undefined
      ? []
      : [
          `${what} ${name}  ${paint('red', 'failed')}: ${error.message}\n`,
          ...error.hints.map((hint) => `  ${paint('dim', '→')} ${hint}\n`),
        ],
  );
  const done = outcomes.filter(({ status, action }) => status === 'done' && action !== 'run').length;
  const headline =
    failures.length > 0
      ? `Lab ${lab} does not match its swarmup.yaml yet: ${outcomes.length - done} of ${outcomes.length} changes ` +
        'remain.'
      : done === 0
        ? `Lab ${lab} matches its swarmup.yaml; nothing was changed.`
        : `Lab ${lab} matches its swarmup.yaml: ${done} ${done === 1 ? 'change' : 'changes'} in ${seconds(elapsedMs)}`;
  const parts = [
    failures.join(''),
    nodes.length === 0 ? '' : listTable(nodeListing, nodes),
    `${headline}\n`,
    message === null ? '' : `${message.trimEnd()}\n`,
    next.length === 0 ? '' : `Next:\n${next.map((command) => `  ${paint('cyan', command)}\n`).join('')}`,
  ];
  return parts.filter((part) => part !== '').join('\n');
}
