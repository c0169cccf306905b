import { tags } from './aws-state.js';

/** Actions that only read; EC2 cannot restrict them to resources. */
export const readActions = [
  'DescribeAddresses',
  'DescribeImages',
  'DescribeInstances',
  'DescribeInstanceTypeOfferings',
  'DescribeInstanceTypes',
  'DescribeKeyPairs',
  'DescribeNetworkInterfaces',
  'DescribeRegions',
  'DescribeRouteTables',
  'DescribeSecurityGroupRules',
  'DescribeSecurityGroups',
  'DescribeSpotPriceHistory',
  'DescribeSubnets',
  'DescribeTags',
  'DescribeVolumes',
  'DescribeVpcs',
] as const;

/** Actions that make new objects, which do not have a tag yet to restrict them by. */
export const makingActions = ['AllocateAddress', 'CreateSecurityGroup', 'ImportKeyPair', 'RunInstances'] as const;

/**
 * Actions that change or end objects with our tag. Machines that were imported from docker-machine, and their key
 * pairs, have no tag, so no policy can tell them from others: this policy does not allow changing them at all.
 */
export const changingActions = [
  'AssociateAddress',
  'AuthorizeSecurityGroupIngress',
  'DeleteKeyPair',
  'DeleteSecurityGroup',
  'DeleteVolume',
  'DisassociateAddress',
  'ModifyInstanceAttribute',
  'ReleaseAddress',
  'RevokeSecurityGroupIngress',
  'StartInstances',
  'StopInstances',
  'TerminateInstances',
] as const;

/** Every action that the driver calls. */
export const actions = [...readActions, ...makingActions, ...changingActions] as const;

const names = (of: readonly string[]): string[] => of.map((action) => `ec2:${action}`);

interface PolicyRequest {
  /** ARNs of roles that instances get. */
  readonly roles?: readonly string[];
  /** As in `HostIdentity`. */
  readonly owner?: string;
}

/**
 * The smallest IAM policy with which the driver works: it allows reading, making, and changing only objects that the
 * driver made: all of them, or those of one owner. If instances get roles, the policy also allows handing them over.
 */
export function awsPolicy({ roles = [], owner }: PolicyRequest = {}): object {
  const isOwn =
    owner === undefined
      ? { StringLike: { [`aws:ResourceTag/${tags.cluster}`]: '*' } }
      : { StringEquals: { [`aws:ResourceTag/${tags.owner}`]: owner } };
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'SwarmupReads', Effect: 'Allow', Action: names(readActions), Resource: '*' },
      { Sid: 'SwarmupMakes', Effect: 'Allow', Action: names(makingActions), Resource: '*' },
      {
        Sid: 'SwarmupTagsWhatItMakes',
        Effect: 'Allow',
        Action: 'ec2:CreateTags',
        Resource: '*',
        Condition: {
          StringEquals: { 'ec2:CreateAction': [...makingActions, 'AuthorizeSecurityGroupIngress'] },
        },
      },
      {
        Sid: 'SwarmupChangesItsOwn',
        Effect: 'Allow',
        Action: names(changingActions),
        Resource: '*',
        Condition: isOwn,
      },
      // What is opened belongs to a group that carries the tag; the rule itself has none yet.
      {
        Sid: 'SwarmupMakesRules',
        Effect: 'Allow',
        Action: 'ec2:AuthorizeSecurityGroupIngress',
        Resource: 'arn:*:ec2:*:*:security-group-rule/*',
      },
      ...(roles.length === 0
        ? []
        : [{ Sid: 'SwarmupGivesRoles', Effect: 'Allow', Action: 'iam:PassRole', Resource: [...roles] }]),
    ],
  };
}
