import { command, type ErrorArea } from './error-entry.js';

export const awsErrors = {
  AWS: {
    exits: [0],
    meaning: 'The driver aws reports a fact about the account.',
    remedy: 'Nothing needs to be done.',
    example: 'region us-east-1, account 123456789012',
  },
  AWS_BUSY: {
    exits: [1],
    meaning: 'Something in EC2 is still changing.',
    remedy: 'Run the same command again.',
    example:
      'EC2 refused StopInstances: The instance is not in a state from which it can be stopped (IncorrectInstanceState)',
  },
  AWS_CALLER_UNKNOWN: {
    exits: [3],
    meaning: 'The public address of this computer, which the firewall of the hosts needs, is not known.',
    remedy: 'Name the address with `--aws-allow-cidr`.',
    values: { what: 'https://checkip.amazonaws.com', reason: 'getaddrinfo ENOTFOUND checkip.amazonaws.com' },
  },
  AWS_CAPACITY: {
    exits: [1],
    meaning: 'AWS has no capacity for the instance types in the zones.',
    remedy: 'Allow more types or places with `--aws-instance-type`, `--aws-zone` or `--aws-region`.',
    example: 'AWS has no capacity for agent1: t3.small in us-east-1a',
  },
  AWS_CREDENTIALS: {
    // 1: after an instance was launched.
    exits: [1, 3],
    meaning: 'There are no valid AWS credentials.',
    remedy: 'Set up the credentials as for the aws program, or name a profile with `--aws-profile`.',
    example: 'there are no valid AWS credentials: Could not load credentials from any providers',
  },
  AWS_FAILED: {
    exits: [1],
    meaning: 'A call to EC2 failed.',
    remedy: 'Run the same command again; the status page of AWS shows known problems.',
    values: { action: 'RunInstances', message: 'An internal error has occurred', code: 'InternalError' },
  },
  AWS_GROUP_IN_USE: {
    exits: [1],
    meaning: 'The security group of the swarm cannot be removed because something else uses it.',
    remedy: 'Remove the objects that use the group, then run the same command again.',
    example: 'the security group sg-0123 cannot be removed because it is in use: eni-0123',
  },
  AWS_GROUP_SHARED: {
    exits: [3],
    meaning:
      'An older swarmup put the hosts of several owners into one security group, and a new rule would also apply to hosts of other owners.',
    remedy: `Use a security group of your own with \`--aws-security-group\`, or change the shared group with ${command`aws allow --any-owner`}.`,
    example:
      'the security group sg-0123 also holds hosts of others (web of bob@desk/1b2c3d), so swarmup does not change its rules: + 80 from 0.0.0.0/0',
  },
  AWS_GROUP_TAKEN: {
    exits: [3],
    meaning: 'A security group with this name exists, but swarmup did not make it for this swarm.',
    remedy: 'Choose another name for the swarm, or remove the group.',
    values: { name: 'swarmup-default-1b2c3d4e', vpc: 'vpc-0123456789abcdef0' },
  },
  AWS_IMAGE_UNKNOWN: {
    exits: [3],
    meaning: 'The image does not exist in the region for the processors of the instance types.',
    remedy: 'Name another image with `--aws-ami`, or other instance types.',
    example: 'there is no image debian:99 for x86_64 in us-east-1',
  },
  AWS_INSTANCE_GONE: {
    exits: [1],
    meaning: 'EC2 does not have the instance, or the instance has no address.',
    remedy: `See what is there with ${command`ls`}, and check that the account is correct.`,
    values: { id: 'i-0123456789abcdef0' },
  },
  AWS_KEY_TAKEN: {
    exits: [3],
    meaning: 'A key pair with this name exists, but swarmup did not make it.',
    remedy: 'Use that key pair with `--aws-key-pair`, or remove it.',
    values: { name: 'swarmup-agent1' },
  },
  AWS_LAUNCH_FAILED: {
    exits: [1],
    meaning: 'An instance ended before it was running, or it has no address.',
    remedy: 'Read the reason in the hint, then run the same command again.',
    example: 'instance i-0123456789abcdef0 of agent1 ended before it was running: Client.InvalidKMSKey',
  },
  AWS_NO_DEFAULT_VPC: {
    exits: [3],
    meaning: 'The account has no default VPC in the region.',
    remedy: 'Name a VPC with `--aws-vpc-id` or subnets with `--aws-subnet-id`.',
  },
  AWS_NO_HOSTS: {
    exits: [2],
    meaning: 'There are no hosts of the driver aws on record here.',
    remedy: `See what is there with ${command`ls`}.`,
    example: 'there are no hosts of the driver aws in swarm default on record here',
  },
  AWS_NO_SUBNET: {
    exits: [3],
    meaning: 'No subnet is suitable for the zones and instance types.',
    remedy: 'Name subnets with `--aws-subnet-id`, or other zones with `--aws-zone`.',
    example: 't9.huge is not offered in us-east-1a, us-east-1b',
  },
  AWS_NOT_PUBLIC: {
    exits: [3],
    meaning: 'Hosts in the chosen subnets could not be reached by a public address.',
    remedy:
      'Use `--aws-address private`, `--aws-public-ip yes`, `--aws-elastic-ip`, or other subnets with `--aws-subnet-id`.',
    example:
      'the hosts are to be reached by public addresses, but subnet-0a1b (us-east-1a) gives its hosts no public address',
  },
  AWS_OPTION: {
    exits: [2],
    meaning: 'EC2 refuses the value of an option.',
    remedy: 'Correct the option that the message names.',
    example: "EC2 refused RunInstances: Invalid value 'gp9' for VolumeType (InvalidParameterValue)",
  },
  AWS_PERMISSION: {
    // 1: after an instance was launched.
    exits: [1, 3],
    meaning: 'The credentials do not allow a call to EC2.',
    remedy: `See the required permissions with ${command`aws policy`}, and test them with ${command`aws check`}.`,
    example: 'AWS does not allow you to use ec2:RunInstances: You are not authorized to perform this operation.',
  },
  AWS_PROTECTED: {
    exits: [1],
    meaning: 'The instance is protected against termination.',
    remedy: `Remove the instance anyway with ${command`rm --force agent1`}.`,
    values: { id: 'i-0123456789abcdef0' },
  },
  AWS_QUOTA: {
    exits: [1],
    meaning: 'A quota of the account is used up.',
    remedy: 'Remove instances, or ask AWS for a higher quota as the hint says.',
    example:
      'a quota is used up (VcpuLimitExceeded): You have requested more vCPU capacity than your current limit allows.',
  },
  AWS_REGION_MISSING: {
    exits: [3],
    meaning: 'No AWS region is set.',
    remedy: 'Name one with `--aws-region` or in AWS_REGION.',
    example: 'no AWS region is set',
  },
  AWS_SPOT_MANAGER: {
    exits: [2],
    meaning: 'AWS may end a manager on a spot instance at any time, and the swarm then loses its quorum.',
    remedy: 'Make managers without `--aws-spot`, or accept the risk with `--force`.',
    example: 'manager: AWS may end a manager on a spot instance at any time, and the swarm then loses its quorum',
  },
  AWS_SPOT_STOP: {
    exits: [2],
    meaning: 'A spot instance can be removed but not stopped.',
    remedy: `Remove it with ${command`rm agent1`}, and make it again with ${command`create agent1`}.`,
    values: { id: 'i-0123456789abcdef0' },
  },
  AWS_THROTTLED: {
    exits: [1],
    meaning: 'EC2 keeps limiting the rate of calls.',
    remedy: 'Wait a while, then run the same command again.',
    values: { action: 'RunInstances' },
  },
  AWS_UNREACHABLE: {
    exits: [1],
    meaning: 'EC2 does not answer.',
    remedy: 'Check the region, the endpoint and the network, then run the same command again.',
    example: 'EC2 does not answer DescribeInstances at its endpoint in us-east-1: getaddrinfo ENOTFOUND',
  },
  AWS_USER_DATA: {
    exits: [2],
    meaning: 'The user data is too large, or its first line does not name its type.',
    remedy: 'Shorten the user data, or correct its first line as the hint says.',
    values: { length: '20480', maxBytes: '16384' },
  },
  AWS_ZONES: {
    exits: [0],
    meaning: 'The hosts would be in fewer than three availability zones.',
    remedy: 'Name more zones with `--aws-zone` or subnets with `--aws-subnet-id`.',
    example: 'the hosts would be in one zone',
  },
} satisfies ErrorArea;
