import type { OptionValues } from '../driver.js';
import { type AwsAccess, type AwsState, clusterOf } from './aws-state.js';

type Json = Readonly<Record<string, unknown>>;

/**
 * Adopts a machine of docker-machine's amazonec2. It has none of our tags, so only its ID identifies it: it shares
 * nothing, and its security group, which docker-machine shares among all machines, stays. The key pair that
 * docker-machine imported for this machine is adopted too. Credentials in the record are not copied. Source:
 * docker/machine, drivers/amazonec2, `Driver`.
 */
export function takeOver(
  access: Partial<AwsAccess>,
  host: { readonly id: string },
  config: Json,
): { readonly state: AwsState; readonly options: OptionValues } | undefined {
  const instance = text(config['InstanceId']);
  const region = text(config['Region']);
  if (instance === undefined || region === undefined) return undefined;
  // Both become parts of requests, the region also of the server's name.
  if (![instance, region].every((word) => /^[a-z0-9-]+$/.test(word))) return undefined;
  const isPrivate = config['UsePrivateIP'] === true || config['PrivateIPOnly'] === true;
  const ssh = {
    user: text(config['SSHUser']) ?? 'ubuntu',
    port: number(config['SSHPort']) ?? 22,
    by: isPrivate ? 'private' : 'public',
  } as const;
  const keyPair = config['ExistingKey'] === true ? undefined : text(config['KeyName']);
  const state: AwsState = {
    ...access,
    region,
    machine: host.id,
    cluster: clusterOf({ id: host.id, swarm: null, swarmId: null }),
    attempts: 0,
    instance,
    launch: launchOf(config, ssh),
    ...(keyPair !== undefined && { keyPair }),
  };
  return { state, options: optionsOf(config, state) };
}

/** The launch as far as the record describes it; it is never repeated. */
function launchOf(config: Json, ssh: NonNullable<AwsState['launch']>['ssh']): NonNullable<AwsState['launch']> {
  return {
    token: '',
    type: text(config['InstanceType']) ?? '',
    burstable: false,
    subnet: text(config['SubnetId']) ?? '',
    zone: text(config['Zone']) ?? '',
    image: text(config['AMI']) ?? '',
    rootDevice: text(config['DeviceName']) ?? '',
    sizeGiB: number(config['RootSize']) ?? 0,
    spot: config['RequestSpotInstance'] === true,
    group: '',
    ssh,
    isPublic: ssh.by === 'public',
    // Long ago: one that EC2 does not know is gone, and is not on its way.
    at: new Date(0).toISOString(),
  };
}

function optionsOf(config: Json, { region, launch, profile, endpoint }: AwsState): OptionValues {
  const { type = '', image = '', subnet = '', ssh } = launch ?? {};
  return {
    region,
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { 'endpoint-url': endpoint }),
    ...(type !== '' && { 'instance-type': [type] }),
    ...(image !== '' && { ami: image }),
    ...(subnet !== '' && { 'subnet-id': [subnet] }),
    ...(ssh !== undefined && { 'ssh-user': ssh.user, 'ssh-port': ssh.port, address: ssh.by }),
    ...(config['RequestSpotInstance'] === true && { spot: true }),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
