import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { CommandCall, CommandContext, CommandOutcome, CommandText } from '../driver.js';
import { givenAccess } from './aws-account.js';
import type { AwsSite } from './aws-site.js';
import { nameOf, swarmOf, type AwsAccess, type AwsState } from './aws-state.js';
import { deleteOrphans, findOrphans, type Orphan } from './find-orphans.js';

export interface AwsOrphansResult {
  readonly orphans: readonly OrphanRow[];
  /** How many more other stores made, and may still use; 0 with `--any-owner`, which lists them. */
  readonly others: number;
}

type OrphanRow = Orphan & {
  /** This store made it; what others made is theirs to judge. */
  readonly mine: boolean;
  readonly deleted: boolean;
};

type Open = (access: Partial<AwsAccess>) => Promise<AwsSite>;

/**
 * The objects that this store made in AWS and that have no machine record here, with `any-owner` also those of other
 * stores, whose hosts may be in use; with `delete` they are removed. Errors:
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
    clusters: new Set((await context.ownHosts()).map(({ state }) => state.cluster)),
  };
  const found = await Promise.all(
    sites.map(async (site) => ({ site, orphans: await findOrphans(site, known, signal) })),
  );
  // The id of a swarm stays when a store is moved, which changes its owner.
  const isMine = (o: Orphan): boolean => o.owner === owner || (o.swarmId !== null && known.clusters.has(o.cluster));
  const every = found.flatMap(({ orphans }) => orphans.map((o) => ({ ...o, mine: isMine(o), deleted: false })));
  const rows = every.filter(({ mine }) => mine || flags['any-owner'] === true);
  const chosen = await choose(context, flags, rows);
  for (const { site, orphans } of found) {
    const mine = orphans.filter(({ id }) => chosen.includes(id));
    if (mine.length > 0) await deleteOrphans(site, mine, signal);
  }
  const orphans = rows.map((row) => ({ ...row, cluster: nameOf(row.cluster), deleted: chosen.includes(row.id) }));
  const result: AwsOrphansResult = { orphans, others: every.length - rows.length };
  return { result, text: textOf(result) };
}

/** Ids of those to be ended. */
async function choose(
  { confirm }: CommandContext<AwsState>,
  flags: CommandCall['flags'],
  rows: readonly OrphanRow[],
): Promise<readonly string[]> {
  const chosen = flags['delete'] === true ? rows : [];
  if (chosen.length > 0 && flags['yes'] !== true && !(await confirm(tableOf(chosen), questionOf(chosen))))
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

function questionOf(chosen: readonly OrphanRow[]): string {
  const others = new Set(chosen.filter(({ mine }) => !mine).map(({ owner }) => owner ?? 'unknown owners'));
  if (others.size === 0) return 'Remove all of these resources?';
  return `Remove all of these resources, also those of ${[...others].join(', ')}, who may be using them?`;
}

function textOf({ orphans, others }: AwsOrphansResult): readonly CommandText[] {
  const all = 'Everything that this store made in AWS is on record here.';
  const more = `Other stores made ${others} more: ${swarmup`aws orphans --any-owner`} lists them with their owners.`;
  return [orphans.length === 0 ? all : tableOf(orphans), ...(others > 0 ? [more] : [])];
}

function tableOf(orphans: readonly OrphanRow[]): CommandText {
  return {
    head: ['REGION', 'TYPE', 'ID', 'HOST', 'SWARM', 'STATE', 'AGE', 'MADE BY', 'DELETED'],
    rows: orphans.map((orphan) => [
      orphan.region,
      orphan.type,
      orphan.id,
      orphan.machine ?? '-',
      swarmOf(orphan.cluster),
      orphan.state ?? '-',
      orphan.madeAt === null ? '-' : ageOf(orphan.madeAt),
      orphan.mine ? 'you' : (orphan.owner ?? '-'),
      orphan.deleted ? 'yes' : 'no',
    ]),
  };
}

/** `5 min`, `3 h`, `12 d` */
function ageOf(madeAt: string): string {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(madeAt)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
