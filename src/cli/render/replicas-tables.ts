import {
  type DeclaredTarget,
  describeTarget,
  type ReplicasChange,
  type ReplicasHistoryResult,
  type ReplicasListResult,
} from '../../operations/agent/replicas-results.js';
import { table } from './table.js';

const shown = (count: number | null): string => (count === null ? '-' : String(count));

/** The table of `replicas ls`; what is wrong with a service is on lines of its own below. */
export function replicasTable({ services, problems, enforcedBy, swarm }: ReplicasListResult): string {
  const head = ['SERVICE', 'WANT', 'HAVE', 'RUNNING', 'MIN', 'MAX', 'PER NODE', 'REBALANCE', 'BY', 'STATE'];
  const rows = services.map((row) => [
    row.name,
    shown(row.want),
    shown(row.have),
    String(row.running),
    shown(row.min),
    shown(row.max),
    shown(row.maxPerNode),
    row.rebalance,
    row.declaredBy,
    row.state,
  ]);
  const wrong = services.flatMap((row) => row.problems.map((problem) => `${row.name}: ${problem}`));
  return [
    services.length === 0
      ? `Nothing is declared in swarm ${swarm}: swarmup replicas set SERVICE=COUNT\n`
      : table(head, rows),
    ...[...wrong, ...problems].map((line) => `! ${line}\n`),
    enforcedBy === null ? '! no agent leads, so nothing enforces this: swarmup agent status\n' : '',
  ].join('');
}

/** What `replicas set`, `unset`, `pause` and `resume` did, a line each. */
export function replicasChange({ services, dryRun, revision }: ReplicasChange): string {
  const lines = services.map(({ name, status, before, after }) =>
    status === 'unchanged'
      ? `${name}: unchanged, ${target(after)}\n`
      : `${name}: ${target(before)} → ${target(after)}\n`,
  );
  if (services.length === 0) return 'Nothing is declared; nothing was changed.\n';
  return `${lines.join('')}${dryRun ? 'Nothing was done (--dry-run).' : `Revision ${revision} holds.`}\n`;
}

const target = (declared: DeclaredTarget | null): string =>
  declared === null ? 'not declared' : describeTarget(declared);

/** The table of `replicas history`. */
export function historyTable({ revisions, swarm }: ReplicasHistoryResult): string {
  if (revisions.length === 0) return `Nothing was declared in swarm ${swarm} yet.\n`;
  return table(
    ['REVISION', 'TIME', 'CHANGES'],
    revisions.map(({ revision, createdAt, current, changes }) => [
      `${revision}${current ? ' (holds)' : ''}`,
      createdAt.replace(/\.\d+Z$/, 'Z'),
      changes.length === 0 ? '-' : changes.join('; '),
    ]),
  );
}
