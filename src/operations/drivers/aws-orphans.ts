import { givenAccess, openAccount } from '../../drivers/aws/aws-account.js';
import type { AwsSite } from '../../drivers/aws/aws-site.js';
import { explained } from '../../drivers/aws/explain-failure.js';
import { deleteOrphans, findOrphans, type Known, type Orphan } from '../../drivers/aws/find-orphans.js';
import type { OptionValues } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { OperationContext } from '../access/context.js';
import { storeOwner } from '../access/store-owner.js';

interface AwsOrphansRequest {
  /** Of the driver: region, profile, endpoint. */
  readonly options: OptionValues;
  readonly allRegions: boolean;
}

export interface AwsOrphansResult {
  readonly orphans: readonly (Orphan & {
    /** This store made it; what others made is theirs to judge. */
    readonly mine: boolean;
    readonly deleted: boolean;
  })[];
}

type Found = readonly { readonly site: AwsSite; readonly orphans: readonly Orphan[] }[];

/**
 * What swarmup made in AWS that no machine record here knows. `choose` says which of it is to be ended.
 * Errors: those of credentials and permissions (exit 3); AWS_PROTECTED, AWS_GROUP_IN_USE.
 */
export async function awsOrphans(
  context: OperationContext,
  { options, allRegions }: AwsOrphansRequest,
  choose: (orphans: AwsOrphansResult['orphans']) => Promise<readonly string[]>,
): Promise<AwsOrphansResult> {
  const access = givenAccess({ options, env: context.env });
  try {
    const { signal } = context;
    const found = await lookAround(context, await openSites(access, allRegions, signal));
    const owner = storeOwner(context.store, context.env);
    const rows = found.flatMap(({ orphans }) =>
      orphans.map((o) => ({ ...o, mine: o.owner === owner, deleted: false })),
    );
    const chosen = await choose(rows);
    for (const { site, orphans } of found) {
      const mine = orphans.filter(({ id }) => chosen.includes(id));
      if (mine.length > 0) await deleteOrphans(site, mine, signal);
    }
    return { orphans: rows.map((row) => ({ ...row, deleted: chosen.includes(row.id) })) };
  } catch (error) {
    context.signal.throwIfAborted();
    throw explained(error, access);
  }
}

async function lookAround(context: OperationContext, sites: readonly AwsSite[]): Promise<Found> {
  const known = await onRecord(context);
  return Promise.all(sites.map(async (site) => ({ site, orphans: await findOrphans(site, known, context.signal) })));
}

/** A record that cannot be read may be the one that knows. */
async function onRecord({ store }: OperationContext): Promise<Known> {
  const { machines, broken } = await store.list();
  if (broken.length > 0)
    throw new SwarmupError(
      'RECORD_BROKEN',
      `what is an orphan cannot be told while records cannot be read: ${broken.map(({ name }) => name).join(', ')}`,
      { exitCode: exitCodes.preflight, hints: broken.map(({ reason }) => reason) },
    );
  return {
    machines: new Set(machines.map(({ id }) => id)),
    clusters: new Set(machines.map(({ id, swarm }) => swarm ?? `host:${id}`)),
  };
}

async function openSites(
  access: ReturnType<typeof givenAccess>,
  allRegions: boolean,
  signal: AbortSignal,
): Promise<readonly AwsSite[]> {
  const first = await openAccount(access);
  if (!allRegions) return [first];
  const { Regions = [] } = await first.ec2.call('DescribeRegions', {}, signal);
  const others = Regions.flatMap(({ RegionName }) => RegionName ?? []).filter((name) => name !== first.access.region);
  return [first, ...(await Promise.all(others.map((region) => openAccount({ ...access, region }))))];
}
