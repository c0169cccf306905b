import { tags } from './aws-state.js';

/** What only reads; EC2 restricts reading to no resource. */
export const readActions = [
  'DescribeAddresses',
  'DescribeImages',
  'DescribeInstances',
  'DescribeInstanceTypeOfferings',
  'DescribeInstanceTypes',
  'DescribeKeyPairs',
  'DescribeNetworkInterfaces',
  'DescribeRegions',
  'DescribeSecurityGroupRules',
  'DescribeSecurityGroups',
  'DescribeSpotPriceHistory',
  'DescribeSubnets',
  'DescribeTags',
  'DescribeVolumes',
  'DescribeVpcs',
] as const;

/** What makes something new, which has no tag yet by which it could be restricted. */
export const makingActions = ['AllocateAddress', 'CreateSecurityGroup', 'ImportKeyPair', 'RunInstances'] as const;

/**
 * What changes or ends something that carries our tag. Machines that were imported from docker-machine, and their key
 * pairs, have none, so that no policy can tell them from others: this one does not let them be changed at all.
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

/**
 * The least IAM policy with which the driver works: it reads, makes, and changes only what it has made itself. With
 * roles that instances are to have, it may hand those over, too.
 */
export function awsPolicy(roles: readonly string[] = []): object {
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
        Condition: { StringLike: { [`aws:ResourceTag/${tags.cluster}`]: '*' } },
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
