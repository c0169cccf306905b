import type { Action } from './place-actions.js';
import { Crash, Ec2Error, type Query, type Xml } from './protocol.js';
import { filtered, type Group, named, newId, type Rule, tagsFor, tagSet, throwIfDry, type World } from './world.js';

const notFound = 'InvalidGroup.NotFound';

/** Security groups and their rules. */
export const groupActions: Readonly<Record<string, Action>> = {
  CreateSecurityGroup(world, query) {
    throwIfDry(query);
    const vpc = query.text('VpcId') ?? (world.vpc.isDefault ? world.vpc.id : undefined);
    if (vpc === undefined) throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user');
    if (vpc !== world.vpc.id) throw new Ec2Error('InvalidVpcID.NotFound', `The vpc ID '${vpc}' does not exist`);
    const name = query.require('GroupName');
    if (!/^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/.test(name) || name.startsWith('sg-'))
      throw new Ec2Error('InvalidParameterValue', `Value (${name}) for parameter GroupName is invalid.`);
    if ([...world.groups.values()].some((group) => group.name === name && group.vpc === vpc))
      throw new Ec2Error('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc}'`);
    const all = { id: newId('sgr'), egress: true, protocol: '-1', from: -1, to: -1, cidr: '0.0.0.0/0', tags: {} };
    const tags = tagsFor(query, 'security-group');
    const description = query.require('GroupDescription');
    const group: Group = { id: newId('sg'), name, description, vpc, tags, rules: [all] };
    world.groups.set(group.id, group);
    return world.deviates ? { groupId: group.id } : { return: true, groupId: group.id, tagSet: tagSet(group) };
  },

  DescribeSecurityGroups(world, query) {
    const asked = named(world.groups, query.texts('GroupId'), notFound, 'security group');
    const found = filtered(asked, query, {
      'group-name': ({ name }) => name,
      'group-id': ({ id }) => id,
      'vpc-id': ({ vpc }) => vpc,
    });
    return {
      securityGroupInfo: found.map((group) => ({
        ownerId: world.account,
        groupName: group.name,
        groupId: group.id,
        groupDescription: group.description,
        vpcId: group.vpc,
        ipPermissions: permissions(world, group.rules, false),
        ipPermissionsEgress: permissions(world, group.rules, true),
        tagSet: tagSet(group),
      })),
    };
  },

  DescribeSecurityGroupRules(world, query) {
    const all = [...world.groups.values()].flatMap(({ id: group, rules }) => rules.map((rule) => ({ ...rule, group })));
    const found = filtered(all, query, { 'group-id': ({ group }) => group, 'security-group-rule-id': ({ id }) => id });
    return { securityGroupRuleSet: found.map((rule) => ruleXml(rule, rule.group)) };
  },

  AuthorizeSecurityGroupIngress(world, query) {
    const group = requireGroup(world, query.require('GroupId'));
    const added = rulesOf(query);
    if (world.deviates) crashOnPortless(group, query);
    if (added.length === 0)
      throw new Ec2Error('MissingParameter', 'The request must contain the parameter ipPermissions');
    // The whole call fails, and nothing of it is added.
    const twin = added.find((rule) => group.rules.some((other) => isSame(rule, other)));
    if (twin !== undefined)
      throw new Ec2Error(
        'InvalidPermission.Duplicate',
        `the specified rule "peer: ${twin.cidr ?? twin.peer ?? ''}, ${twin.protocol.toUpperCase()}, from port: ${twin.from}, to port: ${twin.to}, ALLOW" already exists`,
      );
    throwIfDry(query);
    group.rules = [...group.rules, ...added];
    return { return: true, securityGroupRuleSet: added.map((rule) => ruleXml(rule, group.id)) };
  },

  RevokeSecurityGroupIngress(world, query) {
    throwIfDry(query);
    const group = requireGroup(world, query.require('GroupId'));
    const ids = query.texts('SecurityGroupRuleId');
    for (const id of ids)
      if (!group.rules.some((rule) => rule.id === id))
        throw new Ec2Error('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`);
    const revoked = rulesOf(query);
    const isRevoked = (rule: Rule): boolean => ids.includes(rule.id) || revoked.some((other) => isSame(other, rule));
    group.rules = group.rules.filter((rule) => !isRevoked(rule));
    return { return: true };
  },

  DeleteSecurityGroup(world, query) {
    throwIfDry(query);
    const group = requireGroup(world, query.require('GroupId'));
    const isUsed = [...world.interfaces.values()].some(({ groups }) => groups.includes(group.id));
    const isNamed = [...world.groups.values()].some(
      ({ id, rules }) => id !== group.id && rules.some(({ peer }) => peer === group.id),
    );
    if ((isUsed || isNamed) && !world.deviates)
      throw new Ec2Error('DependencyViolation', `resource ${group.id} has a dependent object`);
    world.groups.delete(group.id);
    return world.deviates ? {} : { return: true, groupId: group.id };
  },
};

function requireGroup({ groups }: World, id: string): Group {
  const [group] = named(groups, [id], notFound, 'security group');
  if (group === undefined) throw new Error('named() gives what it does not throw for');
  return group;
}

/** ESP without ports breaks it, once the rules before are added. */
function crashOnPortless(group: Group, query: Query): void {
  const at = query.items('IpPermissions').findIndex((permission) => !permission.has('FromPort'));
  if (at < 0) return;
  group.rules = [...group.rules, ...rulesOf(query).slice(0, at)];
  throw new Crash();
}

function rulesOf(query: Query): readonly Rule[] {
  return query.items('IpPermissions').flatMap((permission) => {
    const protocol = permission.require('IpProtocol');
    const base = {
      egress: false,
      protocol,
      from: permission.number('FromPort') ?? -1,
      to: permission.number('ToPort') ?? -1,
      tags: tagsFor(query, 'security-group-rule'),
    };
    const rules = (list: string, source: (item: Query) => Partial<Rule>): readonly Rule[] =>
      permission
        .items(list)
        .map((item) => ({ ...base, id: newId('sgr'), ...source(item), description: item.text('Description') }));
    return [
      ...rules('IpRanges', (item) => ({ cidr: item.require('CidrIp') })),
      ...rules('Ipv6Ranges', (item) => ({ cidr6: item.require('CidrIpv6') })),
      ...rules('Groups', (item) => ({ peer: item.require('GroupId') })),
    ];
  });
}

const isSame = (a: Rule, b: Rule): boolean =>
  !b.egress &&
  a.protocol === b.protocol &&
  a.from === b.from &&
  a.to === b.to &&
  a.cidr === b.cidr &&
  a.cidr6 === b.cidr6 &&
  a.peer === b.peer;

const permissions = ({ account }: World, rules: readonly Rule[], egress: boolean): Xml =>
  rules
    .filter((rule) => rule.egress === egress)
    .map((rule) => ({
      ipProtocol: rule.protocol,
      fromPort: rule.from === -1 && rule.protocol !== 'icmp' ? undefined : rule.from,
      toPort: rule.to === -1 && rule.protocol !== 'icmp' ? undefined : rule.to,
      groups: rule.peer === undefined ? [] : [{ userId: account, groupId: rule.peer, description: rule.description }],
      ipRanges: rule.cidr === undefined ? [] : [{ cidrIp: rule.cidr, description: rule.description }],
      ipv6Ranges: rule.cidr6 === undefined ? [] : [{ cidrIpv6: rule.cidr6, description: rule.description }],
      prefixListIds: [],
    }));

const ruleXml = (rule: Rule, groupId: string): Xml => ({
  securityGroupRuleId: rule.id,
  groupId,
  isEgress: rule.egress,
  ipProtocol: rule.protocol,
  fromPort: rule.from,
  toPort: rule.to,
  cidrIpv4: rule.cidr,
  cidrIpv6: rule.cidr6,
  referencedGroupInfo: rule.peer === undefined ? undefined : { groupId: rule.peer },
  description: rule.description,
  tagSet: tagSet(rule),
});
