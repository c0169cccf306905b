import { networkOf } from '../../lib/cidr.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { CommandCall, CommandContext, CommandOutcome, CommandText } from '../driver.js';
import { type AllowedGroup, planAllowing } from './allow-callers.js';
import { awsOptions } from './aws-options.js';
import type { AwsSite } from './aws-site.js';
import { swarmOf, type AwsAccess, type AwsState } from './aws-state.js';
import { explained } from './explain-failure.js';
import { groupShared, namesOf } from './old-groups.js';

export interface AwsAllowResult {
  readonly networks: readonly string[];
  readonly dryRun: boolean;
  readonly groups: readonly AllowedGroup[];
}

type Planned = Awaited<ReturnType<typeof planAllowing>>[number];

/**
 * Allows networks to reach SSH and the engines of the hosts on record, for users whose address has changed since the
 * hosts were made. Errors: AWS_NO_HOSTS, CIDR_INVALID (exit 2), AWS_CALLER_UNKNOWN, AWS_GROUP_SHARED (exit 3),
 * CANCELLED; those of credentials and permissions.
 */
export async function allowCommand(
  open: (access: AwsAccess) => Promise<AwsSite>,
  context: CommandContext<AwsState>,
  { words, flags }: CommandCall,
): Promise<CommandOutcome> {
  const given = words.map(networkOf);
  const states = await statesOf(context, flags['swarm'] as string | undefined);
  const machines = (await context.ownHosts()).map(({ id }) => id);
  const networks = new Set<string>(given);
  const planned: (Planned & { readonly access: AwsAccess })[] = [];
  for (const account of new Set(states.map(accountKey))) {
    const here = states.filter((state) => accountKey(state) === account);
    const [access] = here;
    if (access === undefined) continue;
    await telling(context, access, async (signal) => {
      const site = await open(access);
      const allowed = await site.allowed(awsOptions({ 'allow-cidr': given }), signal);
      for (const network of allowed) networks.add(network);
      const clusters = [...new Set(here.map(({ cluster }) => cluster))];
      const own = { clusters, machines, owner: context.owner };
      const plan = await planAllowing(
        site,
        { ...own, networks: allowed, revokeOld: flags['revoke-old'] === true },
        signal,
      );
      planned.push(...plan.map((group) => ({ ...group, access })));
    });
  }
  const dryRun = flags['dry-run'] === true;
  const result: AwsAllowResult = { networks: [...networks], dryRun, groups: planned.map((group) => group.result) };
  await requireOwnGroups(context, flags, result);
  if (!dryRun) for (const { apply, access } of planned) await telling(context, access, apply);
  return { result, text: textOf(result) };
}

/** Says what a failure of EC2 means. */
async function telling(
  { signal }: CommandContext<AwsState>,
  access: AwsAccess,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await work(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw explained(error, access);
  }
}

/** Rules of a group that an older swarmup shared also open hosts of others: those are changed only with consent. */
async function requireOwnGroups(
  { confirm }: CommandContext<AwsState>,
  flags: CommandCall['flags'],
  result: AwsAllowResult,
): Promise<void> {
  const shared = result.groups.filter(({ sharedWith }) => sharedWith.length > 0);
  const [first] = shared;
  if (first === undefined) return;
  if (flags['any-owner'] !== true) throw groupShared(first.group, first.sharedWith, changesOf(first));
  if (result.dryRun || flags['yes'] === true) return;
  const rows = shared.map((group) => [group.group, changesOf(group).join(', '), namesOf(group.sharedWith)]);
  const what = { head: ['GROUP', 'CHANGES', 'HOSTS OF OTHERS'], rows };
  if (await confirm(what, 'Change these rules, which are also those of other owners?')) return;
  throw new SwarmupError('CANCELLED', 'nothing was changed');
}

const accountKey = ({ region, profile, endpoint }: AwsState): string => JSON.stringify([region, profile, endpoint]);

async function statesOf(context: CommandContext<AwsState>, wanted: string | undefined): Promise<readonly AwsState[]> {
  const hosts = await context.ownHosts();
  const states = hosts.filter(({ swarm }) => wanted === undefined || swarm === wanted).map(({ state }) => state);
  if (states.length > 0) return states;
  throw usageError(
    'AWS_NO_HOSTS',
    `there are no hosts of the driver aws${wanted === undefined ? '' : ` in swarm ${wanted}`} on record here`,
    `${swarmup`ls`} shows what is there`,
  );
}

/** Who may reach the hosts now. */
function textOf({ groups, networks, dryRun }: AwsAllowResult): readonly CommandText[] {
  if (groups.length === 0) return ['These hosts have no security group that swarmup made.'];
  const rows = groups.map((group) => [
    group.region,
    group.group,
    swarmOf(group.cluster),
    changesOf(group).join(', ') || 'none',
  ]);
  const end = dryRun ? 'Nothing was done (--dry-run).' : `${networks.join(', ')} can now reach these hosts.`;
  return [{ head: ['REGION', 'GROUP', 'SWARM', 'CHANGES'], rows }, end];
}

const changesOf = ({ opened, closed }: AllowedGroup): readonly string[] => [
  ...opened.map((rule) => `+ ${rule}`),
  ...closed.map((rule) => `- ${rule}`),
];
