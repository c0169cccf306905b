import type { DriverDeclaration } from '../driver.js';
import { awsCommands } from './commands.js';

/** Hosts as EC2 instances. Options that docker-machine's amazonec2 had keep their environment variables. */
export const awsDeclaration = {
  apiVersion: 1,
  name: 'aws',
  description: 'EC2 instances of an AWS account',
  takesOver: 'amazonec2',
  options: {
    region: {
      type: 'string',
      differing: { consequence: 'hosts in different regions do not reach each other', refused: true },
      env: 'AWS_REGION',
      description: 'region of the hosts; default: AWS_DEFAULT_REGION, else the region of the profile',
    },
    profile: {
      type: 'string',
      env: 'AWS_PROFILE',
      description: 'AWS profile whose credentials are used; swarmup never stores credentials',
    },
    'endpoint-url': {
      type: 'string',
      env: 'AWS_ENDPOINT_URL_EC2',
      description: 'URL of an EC2 endpoint; default: the endpoint of the region',
    },
    'instance-type': {
      type: 'list',
      env: 'AWS_INSTANCE_TYPE',
      default: ['t3.small'],
      description: 'instance type of the hosts; if several are given, the next one is tried when there is no capacity',
    },
    ami: {
      type: 'string',
      dependsOn: ['region', 'profile'],
      env: 'AWS_AMI',
      default: 'ubuntu:24.04',
      description:
        'image of the hosts: ubuntu:24.04, ubuntu:22.04, debian:12, debian:13, al2023, an AMI ID, or OWNER/NAME-PATTERN',
    },
    'ssh-user': {
      type: 'string',
      dependsOn: ['ami'],
      env: 'AWS_SSH_USER',
      description: 'user to log in as; default: the user of the image',
    },
    'ssh-port': {
      type: 'integer',
      env: 'AWS_SSH_PORT',
      min: 1,
      max: 65535,
      default: 22,
      description: 'port of SSH on the hosts',
    },
    'vpc-id': {
      type: 'string',
      dependsOn: ['region', 'profile', 'subnet-id'],
      differing: { consequence: 'hosts in different VPCs do not reach each other', refused: true },
      env: 'AWS_VPC_ID',
      description: 'VPC of the hosts; default: the VPC of the subnets, else the default VPC',
    },
    'subnet-id': {
      type: 'list',
      dependsOn: ['region', 'profile', 'vpc-id', 'zone'],
      env: 'AWS_SUBNET_ID',
      description: 'subnets for the hosts; default: one subnet in each zone',
    },
    zone: {
      type: 'list',
      dependsOn: ['region', 'subnet-id'],
      env: 'AWS_ZONE',
      description: 'availability zones for the hosts (a, or us-east-1a); default: all zones but local zones',
    },
    'security-group': {
      type: 'list',
      dependsOn: ['region', 'profile', 'vpc-id'],
      env: 'AWS_SECURITY_GROUP',
      description: 'additional security groups, by ID or name; swarmup makes its own as well, and never changes these',
    },
    'allow-cidr': {
      type: 'list',
      description: 'networks that may reach SSH and the engine; default: only the address of this computer',
    },
    'open-port': {
      type: 'list',
      description: 'port to open: PORT[-PORT][/udp][@CIDR]; without CIDR, it is open to all addresses',
    },
    address: {
      type: 'string',
      choices: ['public', 'private'],
      default: 'public',
      description: 'type of address that SSH and docker use to reach the hosts',
    },
    'public-ip': {
      type: 'string',
      choices: ['auto', 'yes', 'no'],
      default: 'auto',
      description: 'give the hosts a public address; auto: as configured in their subnet',
    },
    'elastic-ip': {
      type: 'boolean',
      description: 'give the hosts public addresses that stay the same after stop and start',
    },
    'root-size': {
      type: 'integer',
      env: 'AWS_ROOT_SIZE',
      min: 1,
      default: 16,
      description: 'size of the disk, in GiB',
    },
    // The others cannot be booted from, or need a number of operations a second.
    'volume-type': {
      type: 'string',
      env: 'AWS_VOLUME_TYPE',
      choices: ['gp3', 'gp2', 'standard'],
      default: 'gp3',
      description: 'volume type of the disk',
    },
    'volume-encrypted': { type: 'boolean', default: true, description: 'encrypt the disk' },
    'volume-kms-key': {
      type: 'string',
      dependsOn: ['region', 'profile'],
      env: 'AWS_VOLUME_KMS_KEY',
      description: 'KMS key for the disk; default: the key of the account',
    },
    'iam-instance-profile': {
      type: 'string',
      dependsOn: ['profile'],
      env: 'AWS_INSTANCE_PROFILE',
      description: 'name or ARN of an instance profile; containers can use it only with --aws-imds-hops 2',
    },
    'imds-hops': {
      type: 'integer',
      min: 1,
      max: 64,
      default: 1,
      description: 'hop limit of the instance metadata service (v2)',
    },
    spot: {
      type: 'boolean',
      valueOption: 'spot-price',
      description:
        'use spot instances: cheaper, but AWS may end them at any time; managers need --force; --aws-spot=MAX sets the price',
    },
    'spot-price': {
      type: 'string',
      dependsOn: ['spot', 'instance-type'],
      description: 'highest price of a spot instance per hour, in USD; default: the on-demand price',
    },
    'spot-fallback': { type: 'boolean', description: 'use on-demand instances if there is no spot capacity' },
    // Kept with the host, so that a later run also knows it.
    force: {
      type: 'boolean',
      perHost: true,
      flag: 'force',
      description: 'allow managers on spot instances, although the swarm may lose its quorum',
    },
    'placement-group': {
      type: 'string',
      dependsOn: ['region', 'profile', 'zone'],
      description: 'existing placement group for the hosts',
    },
    // Ours is never one: an image that cloud-init cannot give our key to cannot be given a host key either, and could not
    // be verified.
    'key-pair': {
      type: 'string',
      dependsOn: ['region', 'profile'],
      env: 'AWS_KEYPAIR_NAME',
      description: 'existing key pair that may also log in; swarmup does not need one',
    },
    'import-key': {
      type: 'string',
      dependsOn: ['key-pair'],
      env: 'AWS_SSH_KEYPATH',
      description:
        'your public key, which may also log in; it becomes a key pair that is removed with the last host of the swarm',
    },
    'user-data': {
      type: 'string',
      env: 'AWS_USERDATA',
      description: 'file with your own user data (cloud-config, script …), which runs in addition to that of swarmup',
    },
    tag: { type: 'list', env: 'AWS_TAGS', description: 'additional tags, KEY=VALUE, on everything that swarmup makes' },
    monitoring: { type: 'boolean', description: 'turn on detailed monitoring' },
    protect: { type: 'boolean', description: 'protect the hosts from termination: rm then needs --force' },
  },
  capabilities: { power: true, snapshots: false, injectsHostKey: true, stableAddresses: false, exposesHostKey: true },
  commands: awsCommands,
  // It costs money: never chosen by itself.
  preference: 0,
} as const satisfies DriverDeclaration;
