import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DriverContext, Problem } from '../driver.js';
import { awsOptions, ownUserData, type AwsOptions } from './aws-options.js';
import type { AwsSite } from './aws-site.js';
import { clusterAmong, tagList, tags } from './aws-state.js';
import { spotManager } from './create-host.js';
import { isCode } from './ec2-failure.js';
import { explained } from './explain-failure.js';
import type { Place } from './find-place.js';
import { checkKeyPair, ownPublicKey } from './key-pair.js';
import { spreadOver } from './launch-plan.js';
import { newLaunch, runInput } from './run-input.js';
import { userData } from './user-data.js';

/**
 * Checks whether hosts with these names could be made: reads images and places, then asks EC2 with DryRun for the exact
 * launch. Without names, it only checks credentials and region, without a call. Errors: those of invalid options (exit
 * 2).
 */
export async function checkAws(
  openSite: () => Promise<AwsSite>,
  context: DriverContext,
  names: readonly string[],
  managers: readonly string[],
): Promise<readonly Problem[]> {
  const { signal } = context;
  let access = {};
  try {
    const options = awsOptions(context.options);
    if (options.spot && managers.length > 0 && !options.force) throw spotManager(managers);
    const site = await openSite();
    access = site.access;
    await site.ec2.findCredentials(signal);
    if (names.length === 0) return [info(`region ${site.access.region}`)];
    const place = await site.place(options, signal);
    const creations = await dryCreations(site, place, options, signal);
    await Promise.all([
      site.allowed(options, signal),
      checkShared(site, context, options),
      ...creations.map(wouldSucceed),
    ]);
    return [info(summary(site, place)), ...zoneWarnings(place, managers)];
  } catch (error) {
    signal.throwIfAborted();
    const told = explained(error, access);
    if (!(told instanceof SwarmupError)) throw error;
    // A wrong command line ends the command; the rest is what a check is for.
    if (told.exitCode === exitCodes.usage) throw told;
    return [{ severity: 'error', code: told.code, message: told.message, hints: told.hints }];
  }
}

/** The group and the key pair of the swarm. Those of single hosts have the ids of hosts that are not on record yet. */
async function checkShared(site: AwsSite, context: DriverContext, options: AwsOptions): Promise<void> {
  const { swarm, id: swarmId, owner } = context.belongsTo;
  const key = await ownPublicKey(options);
  if (swarm === 'no-swarm') return;
  const cluster = clusterAmong({ id: '', swarm, swarmId }, site.access, await context.peers());
  await Promise.all([
    site.checkGroup({ cluster, owner }, options, context),
    key !== undefined && checkKeyPair(site, cluster, key, context.signal),
  ]);
}

const info = (message: string): Problem => ({ severity: 'info', code: 'AWS', message, hints: [] });

function summary({ access }: AwsSite, { types, subnets }: Place): string {
  const zones = [...new Set(subnets.map(({ zone }) => zone.slice(access.region.length) || zone))];
  const [first] = types;
  return `${types.map(({ name }) => name).join(' or ')} in ${access.region} (${zones.join(', ')}), ${first?.image.name ?? ''}`;
}

/** A majority of managers in one zone goes with that zone. */
function zoneWarnings({ subnets }: Place, managers: readonly string[]): readonly Problem[] {
  const zones = new Set(subnets.map(({ zone }) => zone)).size;
  if (managers.length < 3 || zones >= 3) return [];
  const message = `${managers.length} managers in ${zones} availability zone${zones === 1 ? '' : 's'}: when one zone fails, the swarm may lose its quorum`;
  return [
    {
      severity: 'warning',
      code: 'AWS_ZONES',
      message,
      hints: ['use three zones: see --aws-zone and --aws-subnet-id'],
    },
  ];
}

/** A dry run of something that makes. */
interface DryCreation {
  readonly action: 'RunInstances' | 'CreateSecurityGroup';
  readonly ask: () => Promise<unknown>;
}

/** The very calls that would make hosts, as dry runs. */
export async function dryCreations(
  site: AwsSite,
  place: Place,
  options: AwsOptions,
  signal: AbortSignal,
): Promise<readonly DryCreation[]> {
  // One of the size that a real one has, with the user's own part.
  const example = { privateKey: 'x'.repeat(411), publicKey: 'x'.repeat(100) };
  const host = { id: 'x'.repeat(36), name: 'check', swarm: null, swarmId: null, role: null, owner: '' };
  const data = userData({ ...host, hostKey: example, authorizedKey: example.publicKey }, await ownUserData(options));
  const [rung] = spreadOver([]).rungs(place, options, null);
  if (rung === undefined) throw new Error('a place without a way to launch');
  const launch = newLaunch(rung, options, { token: '', group: '' });
  const spec = { options, groups: place.groups, tags: { [tags.cluster]: 'check' }, userData: data };
  // Our group may not be there yet; without groups it is the default one of the VPC, which changes no answer.
  const NetworkInterfaces = [
    { DeviceIndex: 0, SubnetId: launch.subnet, ...(place.groups.length > 0 && { Groups: [...place.groups] }) },
  ];
  const input = { ...runInput(launch, spec), ClientToken: undefined, NetworkInterfaces, DryRun: true };
  const group = {
    GroupName: 'swarmup-check',
    Description: 'swarmup: check',
    VpcId: place.vpc,
    // Whether it may be tagged is another permission.
    TagSpecifications: [{ ResourceType: 'security-group' as const, Tags: tagList(spec.tags) }],
    DryRun: true,
  };
  return [
    { action: 'RunInstances', ask: () => site.ec2.call('RunInstances', input, signal) },
    { action: 'CreateSecurityGroup', ask: () => site.ec2.call('CreateSecurityGroup', group, signal) },
  ];
}

/** EC2 answers a dry run with an error: DryRunOperation means yes. */
async function wouldSucceed({ action, ask }: DryCreation): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (isCode(error, 'DryRunOperation')) return;
    throw error;
  }
  throw new Error(`EC2 did ${action}, which was to be a dry run`);
}
