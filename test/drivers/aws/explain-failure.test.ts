import { describe, expect, it } from 'vitest';
import { Ec2Failure, isAmbiguous } from '../../../src/drivers/aws/ec2-failure.js';
import { explained } from '../../../src/drivers/aws/explain-failure.js';
import { SwarmupError } from '../../../src/lib/errors.js';

/** As the SDK throws them. */
const failure = (name: string, status?: number, message = 'as EC2 puts it'): Ec2Failure =>
  new Ec2Failure(
    'RunInstances',
    Object.assign(new Error(message), { name, ...(status !== undefined && { $metadata: { httpStatusCode: status } }) }),
  );

function told(name: string, status?: number, message?: string): SwarmupError {
  const error = explained(failure(name, status, message), { region: 'us-east-1', profile: 'work' }, 'web');
  if (!(error instanceof SwarmupError)) expect.fail(`${name} is not explained`);
  expect(error.hints.length).toBeGreaterThan(0);
  return error;
}

/** Everything that EC2 may say, by what is done about it: the code, the exit code, and whether it may pass by itself. */
const classes: readonly (readonly [string, number, boolean, string])[] = [
  [
    'AWS_CREDENTIALS',
    3,
    false,
    'CredentialsProviderError TokenProviderError AuthFailure:401 RequestExpired:400 ExpiredToken:400 InvalidClientTokenId:403',
  ],
  ['AWS_PERMISSION', 3, false, 'UnauthorizedOperation:403 AccessDenied:403'],
  ['AWS_THROTTLED', 1, true, 'RequestLimitExceeded:503 Throttling:400 ThrottlingException:400'],
  ['AWS_FAILED', 1, true, 'InternalError:500 InternalFailure:500 Unavailable:503 ServiceUnavailable:503 Error:500'],
  ['AWS_UNREACHABLE', 1, true, 'ECONNRESET TimeoutError TIMEOUT'],
  [
    'AWS_CAPACITY',
    1,
    true,
    'InsufficientInstanceCapacity:500 InsufficientAddressCapacity:500 InsufficientFreeAddressesInSubnet:400 SpotMaxPriceTooLow:400',
  ],
  [
    'AWS_QUOTA',
    1,
    false,
    'VcpuLimitExceeded:400 InstanceLimitExceeded:400 MaxSpotInstanceCountExceeded:400 AddressLimitExceeded:400 SecurityGroupLimitExceeded:400 RulesPerSecurityGroupLimitExceeded:400 VolumeLimitExceeded:400 PendingVerification:400 OptInRequired:401',
  ],
  ['AWS_PROTECTED', 1, false, 'OperationNotPermitted:400'],
  [
    'AWS_BUSY',
    1,
    true,
    'DependencyViolation:400 InvalidIPAddress.InUse:400 IncorrectInstanceState:400 IncorrectState:400',
  ],
  ['AWS_NO_DEFAULT_VPC', 3, false, 'VPCIdNotSpecified:400'],
  [
    'AWS_OPTION',
    2,
    false,
    'InvalidAMIID.NotFound:400 InvalidAMIID.Malformed:400 InvalidSubnetID.NotFound:400 InvalidVpcID.NotFound:400 InvalidParameterValue:400 Unsupported:400 InvalidParameterCombination:400 MissingParameter:400 IdempotentParameterMismatch:400 InvalidKeyPair.NotFound:400',
  ],
];
const rows = classes.flatMap(([code, exitCode, retryable, names]) =>
  names.split(' ').map((name) => [name, code, exitCode, retryable] as const),
);

describe('what EC2 says', () => {
  it.each(rows)('%s is %s, exit code %i', (name, code, exitCode, retryable) => {
    const [bare = '', status] = name.split(':');
    const error = told(bare, status === undefined ? undefined : Number(status));
    if (code !== 'AWS_NO_DEFAULT_VPC') expect(error.host).toBe('web');
    expect([error.code, error.exitCode, error.retryable]).toEqual([code, exitCode, retryable]);
    // Only what leaves open whether it was done is asked again with the same token.
    const isOpen = ['AWS_THROTTLED', 'AWS_FAILED', 'AWS_UNREACHABLE'].includes(code);
    expect(isAmbiguous(failure(bare, status === undefined ? undefined : Number(status)))).toBe(isOpen);
  });

  it.each([
    ['InvalidAMIID.NotFound', '', '--aws-ami'],
    ['InvalidSubnetID.NotFound', '', '--aws-subnet-id'],
    ['InvalidVpcID.NotFound', '', '--aws-vpc-id'],
    ['InvalidGroup.NotFound', '', '--aws-security-group'],
    ['InvalidKeyPair.NotFound', '', '--aws-key-pair'],
    [
      'InvalidParameterValue',
      'Value (x) for parameter iamInstanceProfile.name is invalid',
      '--aws-iam-instance-profile',
    ],
    ['InvalidParameterValue', "Invalid value 'x' for InstanceType.", '--aws-instance-type'],
    ['InvalidParameterValue', 'Invalid volume size', '--aws-root-size'],
  ])('%s: %s points to %s', (name, message, flag) => {
    expect(told(name, 400, message).hints.join(' ')).toContain(flag);
  });

  it('names the action that is not allowed, and what reads an encoded message', () => {
    const error = told(
      'UnauthorizedOperation',
      403,
      'You are not authorized to perform this operation. Encoded authorization failure message: AAAA',
    );
    expect(error.message).toBe(
      'AWS does not allow you to use ec2:RunInstances: You are not authorized to perform this operation.',
    );
    expect(error.hints.join(' ')).toContain('decode-authorization-message');
  });

  it('names the profile without credentials, and how to log in to it', () => {
    const error = told('CredentialsProviderError');
    expect(error.message).toContain('in profile work');
    expect(error.hints).toContain('if the profile uses single sign-on: aws sso login --profile work');
  });

  it('leaves what is not of EC2 as it is', () => {
    const bug = new Error('a bug');
    expect(explained(bug, {})).toBe(bug);
  });
});
