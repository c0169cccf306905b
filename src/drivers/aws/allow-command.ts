import { networkOf } from '../../lib/cidr.js';
import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { CommandCall, CommandContext, CommandOutcome, CommandText } from '../driver.js';
import { type AllowedGroup, allowCallers } from './allow-callers.js';
import { awsOptions } from './aws-options.js';
import type { AwsSite } from './aws-site.js';
import { swarmOf, type AwsAccess, type AwsState } from './aws-state.js';
import { explained } from './explain-failure.js';

export interface AwsAllowResult {
  readonly networks: readonly string[];
  readonly dryRun: boolean;
  readonly groups: readonly AllowedGroup[];
}

/**
 * Allows networks to reach SSH and the engines of the hosts on record, for users whose address has changed since the
 * hosts were made. Errors: AWS_NO_HOSTS, CIDR_INVALID (exit 2), AWS_CALLER_UNKNOWN (exit 3); those of credentials and
 * permissions.
 */
export async function allowCommand(
  open: (access: AwsAccess) => Promise<AwsSite>,
  context: CommandContext<AwsState>,
  { words, flags }: CommandCall,
): Promise<CommandOutcome> {
  const { signal } = context;
  const given = words.map(networkOf);
  const states = await statesOf(context, flags['swarm'] as string | undefined);
  const [revokeOld, dryRun] = [flags['revoke-old'] === true, flags['dry-run'] === true];
  const networks = new Set<string>(given);
  const groups: AllowedGroup[] = [];
  for (const account of new Set(states.map(accountKey))) {
    const here = states.filter((state) => accountKey(state) === account);
    const [first] = here;
    if (first === undefined) continue;
    try {
      const site = await open(first);
      const allowed = await site.allowed(awsOptions({ 'allow-cidr': given }), signal);
      for (const network of allowed) networks.add(network);
      const clusters = [...new Set(here.map(({ cluster }) => cluster))];
      groups.push(...(await allowCallers(site, clusters, { networks: allowed, revokeOld, dryRun }, signal)));
    } catch (error) {
      signal.throwIfAborted();
      throw explained(error, first);
    }
  }
  const result: AwsAllowResult = { networks: [...networks], dryRun, groups };
  return { result, text: textOf(result) };
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
  const changes = ({ opened, closed }: AllowedGroup): string =>
    [...opened.map((rule) => `+ ${rule}`), ...closed.map((rule) => `- ${rule}`)].join(', ');
  const rows = groups.map((group) => [group.region, group.group, swarmOf(group.cluster), changes(group) || 'none']);
  const end = dryRun ? 'Nothing was done (--dry-run).' : `${networks.join(', ')} can now reach these hosts.`;
  return [{ head: ['REGION', 'GROUP', 'SWARM', 'CHANGES'], rows }, end];
}
