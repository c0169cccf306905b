import { openAccount } from '../../drivers/aws/aws-account.js';
import { type AllowedGroup, allowCallers } from '../../drivers/aws/allow-callers.js';
import { awsOptions } from '../../drivers/aws/aws-options.js';
import type { AwsState } from '../../drivers/aws/aws-state.js';
import { explained } from '../../drivers/aws/explain-failure.js';
import { networkOf } from '../../lib/cidr.js';
import { usageError } from '../../lib/errors.js';
import type { OperationContext } from '../access/context.js';

interface AwsAllowRequest {
  /** Networks; none: the address of this machine. */
  readonly networks: readonly string[];
  /** Only the hosts of this swarm; undefined: all that are on record. */
  readonly swarm: string | undefined;
  readonly revokeOld: boolean;
  readonly dryRun: boolean;
}

export interface AwsAllowResult {
  readonly networks: readonly string[];
  readonly dryRun: boolean;
  readonly groups: readonly AllowedGroup[];
}

/**
 * Lets networks reach ssh and the engines of the hosts on record: for whoever is elsewhere than when they were made.
 * Errors: AWS_NO_HOSTS, CIDR_INVALID (exit 2), AWS_CALLER_UNKNOWN (exit 3); those of credentials and permissions.
 */
export async function awsAllow(context: OperationContext, request: AwsAllowRequest): Promise<AwsAllowResult> {
  const given = request.networks.map(networkOf);
  const states = await statesOf(context, request.swarm);
  const networks = new Set<string>(given);
  const groups: AllowedGroup[] = [];
  for (const account of new Set(states.map(accountKey))) {
    const here = states.filter((state) => accountKey(state) === account);
    const [first] = here;
    if (first === undefined) continue;
    try {
      const { signal } = context;
      const site = await openAccount(first);
      const allowed = await site.allowed(awsOptions({ 'allow-cidr': given }), signal);
      for (const network of allowed) networks.add(network);
      const clusters = [...new Set(here.map(({ cluster }) => cluster))];
      groups.push(...(await allowCallers(site, clusters, { ...request, networks: allowed }, signal)));
    } catch (error) {
      context.signal.throwIfAborted();
      throw explained(error, first);
    }
  }
  return { networks: [...networks], dryRun: request.dryRun, groups };
}

const accountKey = ({ region, profile, endpoint }: AwsState): string => JSON.stringify([region, profile, endpoint]);

async function statesOf({ store }: OperationContext, swarm: string | undefined): Promise<readonly AwsState[]> {
  const { machines } = await store.list();
  const states = machines
    .filter((machine) => machine.driver === 'aws' && (swarm === undefined || machine.swarm === swarm))
    .flatMap(({ driverState }) => (driverState as AwsState | null) ?? []);
  if (states.length > 0) return states;
  throw usageError(
    'AWS_NO_HOSTS',
    `there are no hosts of the driver aws${swarm === undefined ? '' : ` in swarm ${swarm}`} on record here`,
    'swarmup ls shows what is there',
  );
}
