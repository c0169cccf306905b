import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { AwsAccess } from './aws-state.js';
import { classOf, Ec2Failure, type FailureClass } from './ec2-failure.js';
import { noDefaultVpc } from './find-place.js';

interface Told {
  readonly code: string;
  readonly exitCode: (typeof exitCodes)[keyof typeof exitCodes];
  readonly retryable?: boolean;
  readonly message: (failure: Ec2Failure, access: Partial<AwsAccess>) => string;
  readonly hints: (failure: Ec2Failure, access: Partial<AwsAccess>) => readonly string[];
}

const resumes = 'nothing is lost: run the same command again, and it continues where it stopped';

const said = ({ action, message, code }: Ec2Failure): string => `EC2 refused ${action}: ${message} (${code})`;

const told: Readonly<Record<FailureClass, Told>> = {
  credentials: {
    code: 'AWS_CREDENTIALS',
    exitCode: exitCodes.preflight,
    message: ({ message }, { profile }) =>
      `there are no valid AWS credentials${profile === undefined ? '' : ` in profile ${profile}`}: ${message}`,
    hints: (_, { profile }) => [
      profile === undefined
        ? 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
        : `if the profile uses single sign-on: aws sso login --profile ${profile}`,
      'aws sts get-caller-identity shows who you are',
    ],
  },
  permission: {
    code: 'AWS_PERMISSION',
    exitCode: exitCodes.preflight,
    message: ({ action, message }) =>
      `AWS does not allow you to use ec2:${action}: ${message.split(' Encoded authorization')[0] ?? ''}`,
    hints: ({ message }) => [
      `${swarmup`aws policy`} prints the permissions that are needed, ${swarmup`aws check`} tries them`,
      ...(message.includes('Encoded authorization')
        ? ['aws sts decode-authorization-message --encoded-message TEXT shows the details (--debug shows the TEXT)']
        : []),
    ],
  },
  throttle: {
    code: 'AWS_THROTTLED',
    exitCode: exitCodes.failure,
    retryable: true,
    message: ({ action }) => `EC2 keeps limiting the rate of calls (${action})`,
    hints: () => ['other programs use the same rate limit of the account', resumes],
  },
  capacity: {
    code: 'AWS_CAPACITY',
    exitCode: exitCodes.failure,
    retryable: true,
    message: said,
    hints: () => ['try again later, or in another place: --aws-zone, --aws-region'],
  },
  quota: {
    code: 'AWS_QUOTA',
    exitCode: exitCodes.failure,
    message: ({ code, message }) => `${quotaOf(code)}: ${message}`,
    hints: (failure, { region }) => quotaHints(failure, region),
  },
  protected: {
    code: 'AWS_PROTECTED',
    exitCode: exitCodes.failure,
    message: said,
    hints: () => [`${swarmup`rm --force NAME`} removes what is protected`],
  },
  busy: {
    code: 'AWS_BUSY',
    exitCode: exitCodes.failure,
    retryable: true,
    message: said,
    hints: () => [resumes],
  },
  gone: { code: 'AWS_OPTION', exitCode: exitCodes.usage, message: said, hints: optionHints },
  exists: { code: 'AWS_OPTION', exitCode: exitCodes.usage, message: said, hints: optionHints },
  config: { code: 'AWS_OPTION', exitCode: exitCodes.usage, message: said, hints: optionHints },
  server: {
    code: 'AWS_FAILED',
    exitCode: exitCodes.failure,
    retryable: true,
    message: ({ action, code, message }) => `EC2 failed in ${action}: ${message} (${code})`,
    hints: () => [resumes, 'https://health.aws.amazon.com/health/status shows known problems of AWS'],
  },
  unreachable: {
    code: 'AWS_UNREACHABLE',
    exitCode: exitCodes.failure,
    retryable: true,
    message: ({ action, message, code }, { region, endpoint }) =>
      `EC2 does not answer ${action} at ${endpoint ?? `its endpoint in ${region ?? '?'}`}: ${message || code}`,
    hints: (_, { endpoint }) => [
      endpoint === undefined ? 'check that the region is correct' : 'check that the endpoint is correct',
      resumes,
    ],
  },
};

/** The error in words that a user can act on; an error that does not come from EC2 stays as it is. */
export function explained(error: unknown, access: Partial<AwsAccess>, host?: string): unknown {
  const kind = classOf(error);
  if (kind === undefined || !(error instanceof Ec2Failure)) return error;
  if (error.code === 'VPCIdNotSpecified') return noDefaultVpc(access.region ?? '?');
  const { code, exitCode, retryable = false, message, hints } = told[kind];
  return new SwarmupError(code, message(error, access), {
    exitCode,
    retryable,
    hints: hints(error, access),
    cause: error,
    ...(host !== undefined && { host }),
  });
}

/** As Service Quotas calls them. Source: EC2 user guide, "Amazon EC2 service quotas". */
const quotas: Readonly<Record<string, string>> = {
  VcpuLimitExceeded: 'the quota "Running On-Demand Standard instances" (vCPUs) is used up',
  InstanceLimitExceeded: 'the quota of running instances is used up',
  MaxSpotInstanceCountExceeded: 'the quota "All Standard Spot Instance Requests" (vCPUs) is used up',
  AddressLimitExceeded: 'the quota "EC2-VPC Elastic IPs" is used up',
  SecurityGroupLimitExceeded: 'the quota "VPC security groups per Region" is used up',
  RulesPerSecurityGroupLimitExceeded: 'the quota "Inbound or outbound rules per security group" is used up',
  VolumeLimitExceeded: 'the quota of EBS storage is used up',
  PendingVerification: 'AWS has not verified the account for this region yet',
  OptInRequired: 'the account has not been opened for this service or region',
};

const quotaOf = (code: string): string => quotas[code] ?? `a quota is used up (${code})`;

function quotaHints({ code }: Ec2Failure, region = '?'): readonly string[] {
  if (code === 'PendingVerification')
    return ['AWS sends an email when the account is verified (after minutes, at most four hours)', resumes];
  if (code === 'OptInRequired') return [`open ${region} in the account settings, or use another region: --aws-region`];
  return [
    `request a higher quota: https://${region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas`,
    `or make room: ${swarmup`aws orphans`} shows unused resources`,
    resumes,
  ];
}

/** Which option EC2 speaks of. */
const options: readonly (readonly [RegExp, string])[] = [
  [/^InvalidAMIID/, '--aws-ami'],
  [/^InvalidSubnet/, '--aws-subnet-id'],
  [/^InvalidVpcID/, '--aws-vpc-id'],
  [/^InvalidGroup/, '--aws-security-group'],
  [/^InvalidKeyPair/, '--aws-key-pair'],
  [/^InvalidInstanceType/, '--aws-instance-type'],
  [/^InvalidPlacementGroup/, '--aws-placement-group'],
  [/instance ?profile/i, '--aws-iam-instance-profile'],
  [/instance ?type/i, '--aws-instance-type'],
  [/volume/i, '--aws-volume-type or --aws-root-size'],
  [/spot/i, '--aws-spot-price'],
];

/** The first spot instance of an account needs a role of the service, which EC2 makes only for who may make roles. */
const spotRole = 'aws iam create-service-linked-role --aws-service-name spot.amazonaws.com';

function optionHints({ code, message }: Ec2Failure): readonly string[] {
  if (code.endsWith('ServiceLinkedRoleCreationNotPermitted'))
    return [`an administrator makes the role for spot instances once: ${spotRole}`, 'or leave out --aws-spot'];
  const flag = options.find(([pattern]) => pattern.test(code) || pattern.test(message))?.[1];
  return flag === undefined ? [`${swarmup`create --help --driver aws`} shows the options`] : [`see ${flag}`];
}
