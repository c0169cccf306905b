import type { DriverDeclaration } from '../driver.js';
import { awsCommands } from './commands.js';

/** Hosts as EC2 instances. Options that docker-machine's amazonec2 had keep their environment variables. */
export const awsDeclaration = {
  apiVersion: 1,
  name: 'aws',
  description: 'EC2 instances of an AWS account',
  takesOver: 'amazonec2',
  options: {
    region: { type: 'string', env: 'AWS_REGION', description: 'default: AWS_DEFAULT_REGION, then that of the profile' },
    profile: { type: 'string', env: 'AWS_PROFILE', description: 'whose credentials; no credential is ever stored' },
    'endpoint-url': {
      type: 'string',
      env: 'AWS_ENDPOINT_URL_EC2',
      description: 'endpoint that speaks EC2; default: that of the region',
    },
    'instance-type': {
      type: 'list',
      env: 'AWS_INSTANCE_TYPE',
      default: ['t3.small'],
      description: 'type of the hosts; further ones are tried in their order where there is no capacity',
    },
    ami: {
      type: 'string',
      env: 'AWS_AMI',
      default: 'ubuntu:24.04',
      description: 'ubuntu:24.04, ubuntu:22.04, debian:12, debian:13, al2023, an AMI id, or OWNER/NAME-PATTERN',
    },
    'ssh-user': { type: 'string', env: 'AWS_SSH_USER', description: 'user of the image; default: as the image has it' },
    'ssh-port': { type: 'integer', env: 'AWS_SSH_PORT', min: 1, max: 65535, default: 22, description: 'of its sshd' },
    'vpc-id': {
      type: 'string',
      env: 'AWS_VPC_ID',
      description: 'default: the one of the subnets, then the default VPC',
    },
    'subnet-id': {
      type: 'list',
      env: 'AWS_SUBNET_ID',
      description: 'subnets for the hosts; default: one in each zone',
    },
    zone: { type: 'list', env: 'AWS_ZONE', description: 'availability zones (a, or us-east-1a); default: all' },
    'security-group': {
      type: 'list',
      env: 'AWS_SECURITY_GROUP',
      description: "further security groups, by id or name; swarmup's own is made anyway, these are never changed",
    },
    'allow-cidr': {
      type: 'list',
      description: 'networks that may reach ssh and the engine; default: the address of this machine alone',
    },
    'open-port': { type: 'list', description: 'PORT[-PORT][/udp][@CIDR] to open, by default to everybody' },
    address: {
      type: 'string',
      choices: ['public', 'private'],
      default: 'public',
      description: 'by which address ssh and docker reach the hosts',
    },
    'public-ip': {
      type: 'string',
      choices: ['auto', 'yes', 'no'],
      default: 'auto',
      description: 'public address for the hosts; auto: as their subnet gives them',
    },
    'elastic-ip': { type: 'boolean', description: 'public addresses that stay over stop and start' },
    'root-size': { type: 'integer', env: 'AWS_ROOT_SIZE', min: 1, default: 16, description: 'of the disk, in GiB' },
    'volume-type': { type: 'string', env: 'AWS_VOLUME_TYPE', default: 'gp3', description: 'of the disk' },
    'volume-encrypted': { type: 'boolean', default: true, description: 'encrypt the disk' },
    'volume-kms-key': { type: 'string', env: 'AWS_VOLUME_KMS_KEY', description: "key for it; default: the account's" },
    'iam-instance-profile': {
      type: 'string',
      env: 'AWS_INSTANCE_PROFILE',
      description: 'name or ARN; containers reach it only with --aws-imds-hops 2',
    },
    'imds-hops': {
      type: 'integer',
      min: 1,
      max: 64,
      default: 1,
      description: 'hop limit of the metadata service (v2)',
    },
    spot: {
      type: 'boolean',
      valueOption: 'spot-price',
      description:
        'spot instances: cheaper, and taken back at any time; managers only with --force; --aws-spot=MAX sets the price',
    },
    'spot-price': { type: 'string', description: 'most to pay for them an hour, in USD; default: the on-demand price' },
    'spot-fallback': { type: 'boolean', description: 'on-demand instances where there is no spot capacity' },
    // Kept with the host, so that a later run that goes on knows it, too.
    force: { type: 'boolean', flag: 'force', description: 'also managers on spot instances: their loss is the quorum' },
    'placement-group': { type: 'string', description: 'an existing placement group' },
    // Ours is never one: an image that cloud-init cannot give our key to cannot be given a host key either, and could not
    // be verified.
    'key-pair': {
      type: 'string',
      env: 'AWS_KEYPAIR_NAME',
      description: 'an existing key pair that may log in, too; swarmup needs none',
    },
    'import-key': {
      type: 'string',
      env: 'AWS_SSH_KEYPATH',
      description: 'public key of yours that may log in, too: a key pair of the swarm, removed with its last host',
    },
    'user-data': {
      type: 'string',
      env: 'AWS_USERDATA',
      description: 'file with user-data of yours (cloud-config, script …), run besides that of swarmup',
    },
    tag: { type: 'list', env: 'AWS_TAGS', description: 'further tags, KEY=VALUE, on everything that is made' },
    monitoring: { type: 'boolean', description: 'detailed monitoring' },
    protect: { type: 'boolean', description: 'protect the hosts: rm removes them with --force only' },
  },
  capabilities: { power: true, snapshots: false, injectsHostKey: true, stableAddresses: false, exposesHostKey: true },
  commands: awsCommands,
  // It costs money: never chosen by itself.
  preference: 0,
} as const satisfies DriverDeclaration;
