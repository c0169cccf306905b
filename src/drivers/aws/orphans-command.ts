import { SwarmupError } from '../../lib/errors.js';
import type { CommandCall, CommandContext, CommandOutcome, CommandText } from '../driver.js';
import { givenAccess } from './aws-account.js';
import type { AwsSite } from './aws-site.js';
import { clusterOf, swarmOf, type AwsAccess, type AwsState } from './aws-state.js';
import { deleteOrphans, findOrphans, type Orphan } from './find-orphans.js';

export interface AwsOrphansResult {
  readonly orphans: readonly OrphanRow[];
}

type OrphanRow = Orphan & {
  /** This store made it; what others made is theirs to judge. */
  readonly mine: boolean;
  readonly deleted: boolean;
};

type Open = (access: Partial<AwsAccess>) => Promise<AwsSite>;

/**
 * The objects that swarmup made in AWS and that have no machine record here; with `delete` they are removed. Errors:
 * RECORD_BROKEN (exit 3), CANCELLED; AWS_PROTECTED, AWS_GROUP_IN_USE; those of credentials and permissions.
 */
export async function orphansCommand(
  open: Open,
  context: CommandContext<AwsState>,
  { flags }: CommandCall,
): Promise<CommandOutcome> {
  const { signal, owner } = context;
  const sites = await openSites(open, givenAccess(context), flags['all-regions'] === true, signal);
  const hosts = await context.everyHost();
  const known = {
    machines: new Set(hosts.map(({ id }) => id)),
    clusters: new Set(hosts.map(clusterOf)),
  };
  const found = await Promise.all(
    sites.map(async (site) => ({ site, orphans: await findOrphans(site, known, signal) })),
  );
  const rows = found.flatMap(({ orphans }) => orphans.map((o) => ({ ...o, mine: o.owner === owner, deleted: false })));
  const chosen = await choose(context, flags, rows);
  for (const { site, orphans } of found) {
    const mine = orphans.filter(({ id }) => chosen.includes(id));
    if (mine.length > 0) await deleteOrphans(site, mine, signal);
  }
  const orphans = rows.map((row) => ({ ...row, deleted: chosen.includes(row.id) }));
  const result: AwsOrphansResult = { orphans };
  return { result, text: [textOf(orphans)] };
}

/** Ids of those to be ended. */
async function choose(
  { confirm }: CommandContext<AwsState>,
  flags: CommandCall['flags'],
  rows: readonly OrphanRow[],
): Promise<readonly string[]> {
  const chosen = rows.filter(({ mine }) => flags['delete'] === true && (mine || flags['any-owner'] === true));
  if (chosen.length > 0 && flags['yes'] !== true && !(await confirm(textOf(chosen), 'Remove all of these resources?')))
    throw new SwarmupError('CANCELLED', 'nothing was deleted');
  return chosen.map(({ id }) => id);
}

async function openSites(
  open: Open,
  access: Partial<AwsAccess>,
  allRegions: boolean,
  signal: AbortSignal,
): Promise<readonly AwsSite[]> {
  const first = await open(access);
  if (!allRegions) return [first];
  const { Regions = [] } = await first.ec2.call('DescribeRegions', {}, signal);
  const others = Regions.flatMap(({ RegionName }) => RegionName ?? []).filter((name) => name !== first.access.region);
  return [first, ...(await Promise.all(others.map((region) => open({ ...access, region }))))];
}

function textOf(orphans: readonly OrphanRow[]): CommandText {
  if (orphans.length === 0) return 'Everything that swarmup made in AWS is on record here.';
  return {
    head: ['REGION', 'TYPE', 'ID', 'HOST', 'SWARM', 'STATE', 'MADE BY', 'DELETED'],
    rows: orphans.map((orphan) => [
      orphan.region,
      orphan.type,
      orphan.id,
      orphan.machine ?? '-',
      swarmOf(orphan.cluster),
      orphan.state ?? '-',
      orphan.mine ? 'you' : (orphan.owner ?? '-'),
      orphan.deleted ? 'yes' : 'no',
    ]),
  };
}
