import type { RunInstancesCommandInput, TagSpecification } from '@aws-sdk/client-ec2';
import type { AwsOptions } from './aws-options.js';
import { type Launch, tagList } from './aws-state.js';
import type { Rung } from './launch-plan.js';

/** A launch on a rung of the ladder. */
export function newLaunch(
  { subnet, type, spot: isSpot }: Rung,
  options: AwsOptions,
  { token, group }: { readonly token: string; readonly group: string },
): Launch {
  return {
    token,
    type: type.name,
    burstable: type.burstable,
    subnet: subnet.id,
    zone: subnet.zone,
    ...(options.publicIp !== undefined && { publicIp: options.publicIp }),
    image: type.image.id,
    rootDevice: type.image.rootDevice,
    sizeGiB: Math.max(options.rootSizeGiB, type.image.sizeGiB),
    spot: isSpot,
    group,
    ssh: { user: options.sshUser ?? type.image.user, port: options.sshPort, by: options.reachedBy },
    isPublic: options.publicIp ?? subnet.isPublic,
    at: new Date().toISOString(),
  };
}

export interface RunSpec {
  readonly options: AwsOptions;
  /** Ids of the user's own security groups. */
  readonly groups: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** In base64. */
  readonly userData: string;
}

/**
 * The input for RunInstances. The same launch always gives the same input, because EC2 refuses a client token that
 * arrives with different input.
 */
export function runInput(launch: Launch, { options, groups, tags, userData }: RunSpec): RunInstancesCommandInput {
  const { keyPair, instanceProfile, placementGroup } = options;
  return {
    ImageId: launch.image,
    InstanceType: launch.type as never,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: launch.token,
    UserData: userData,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: launch.subnet,
        Groups: [launch.group, ...groups],
        DeleteOnTermination: true,
        ...(launch.publicIp !== undefined && { AssociatePublicIpAddress: launch.publicIp }),
      },
    ],
    BlockDeviceMappings: [{ DeviceName: launch.rootDevice, Ebs: disk(launch, options) }],
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: options.imdsHops,
      InstanceMetadataTags: 'disabled',
    },
    InstanceInitiatedShutdownBehavior: 'stop',
    TagSpecifications: tagSpecifications(tags, launch.spot),
    // Else a busy host is charged for every burst.
    ...(launch.burstable && { CreditSpecification: { CpuCredits: 'standard' } }),
    // EC2 does not protect spot instances.
    ...(options.protect && !launch.spot && { DisableApiTermination: true }),
    ...(launch.spot && { InstanceMarketOptions: { MarketType: 'spot', SpotOptions: spot(options) } }),
    ...(options.monitoring && { Monitoring: { Enabled: true } }),
    ...(placementGroup !== undefined && { Placement: { GroupName: placementGroup } }),
    ...(keyPair !== undefined && { KeyName: keyPair }),
    ...(instanceProfile !== undefined && {
      IamInstanceProfile: instanceProfile.startsWith('arn:') ? { Arn: instanceProfile } : { Name: instanceProfile },
    }),
  };
}

const disk = ({ sizeGiB }: Launch, { volumeType, encrypted, kmsKey }: AwsOptions) => ({
  VolumeSize: sizeGiB,
  VolumeType: volumeType as never,
  Encrypted: encrypted,
  DeleteOnTermination: true,
  ...(kmsKey !== undefined && encrypted && { KmsKeyId: kmsKey }),
});

/** A one-time request: a persistent request would launch the instance again after rm has terminated it. */
const spot = ({ spotPrice }: AwsOptions) => ({
  SpotInstanceType: 'one-time' as const,
  InstanceInterruptionBehavior: 'terminate' as const,
  ...(spotPrice !== undefined && { MaxPrice: spotPrice }),
});

function tagSpecifications(tags: Readonly<Record<string, string>>, isSpot: boolean): TagSpecification[] {
  const types = ['instance', 'volume', 'network-interface', ...(isSpot ? ['spot-instances-request'] : [])] as const;
  return types.map((type) => ({ ResourceType: type as never, Tags: tagList(tags) }));
}
