import { swarmup } from '../../lib/typed-command.js';
import {
  type DeclaredTarget,
  describeTarget,
  type ReplicasChange,
  type ReplicasHistoryResult,
  type ReplicasListResult,
  type ReplicasRow,
} from '../../operations/agent/replicas-results.js';
import type { Listing } from './listing.js';

const shown = (count: number | null): string => (count === null ? '-' : String(count));

/** The list of `replicas ls`. */
export const replicasListing: Listing<ReplicasRow> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name, head: 'SERVICE' },
    Want: { text: ({ want }) => shown(want) },
    Have: { text: ({ have }) => shown(have) },
    Running: { text: ({ running }) => String(running) },
    Min: { text: ({ min }) => shown(min) },
    Max: { text: ({ max }) => shown(max) },
    MaxPerNode: { text: ({ maxPerNode }) => shown(maxPerNode), head: 'PER NODE' },
    Rebalance: { text: ({ rebalance }) => rebalance },
    DeclaredBy: { text: ({ declaredBy }) => declaredBy, head: 'BY' },
    State: { text: ({ state }) => state },
  },
};

/** What is wrong with what `replicas ls` shows, a line each. */
export function replicasNotes({ services, problems, enforcedBy }: ReplicasListResult): string {
  const wrong = services.flatMap((row) => row.problems.map((problem) => `${row.name}: ${problem}`));
  return [
    ...[...wrong, ...problems].map((line) => `! ${line}\n`),
    enforcedBy === null ? `! no agent leads, so nothing maintains these counts: ${swarmup`agent status`}\n` : '',
  ].join('');
}

/** What `replicas set`, `unset`, `pause` and `resume` did, a line each. */
export function replicasChange({ services, dryRun, revision }: ReplicasChange): string {
  const lines = services.map(({ name, status, before, after }) =>
    status === 'unchanged'
      ? `${name}: unchanged, ${target(after)}\n`
      : `${name}: ${target(before)} → ${target(after)}\n`,
  );
  if (services.length === 0) return 'No replica counts are declared; nothing was changed.\n';
  return `${lines.join('')}${dryRun ? 'Nothing was done (--dry-run).' : `Revision ${revision} holds.`}\n`;
}

const target = (declared: DeclaredTarget | null): string =>
  declared === null ? 'not declared' : describeTarget(declared);

/** The list of `replicas history`. */
export const historyListing: Listing<ReplicasHistoryResult['revisions'][number]> = {
  id: ({ revision }) => String(revision),
  columns: {
    Revision: {
      text: ({ revision }) => String(revision),
      cell: ({ revision, current }) => `${revision}${current ? ' (holds)' : ''}`,
    },
    Time: { text: ({ createdAt }) => createdAt.replace(/\.\d+Z$/, 'Z') },
    Changes: { text: ({ changes }) => (changes.length === 0 ? '-' : changes.join('; ')) },
  },
};
