import type { IpPermission, SecurityGroupRule } from '@aws-sdk/client-ec2';
import type { AwsOptions } from './aws-options.js';

/** One rule that our security group is to have. */
export interface WantedRule {
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** A network, or undefined for the group itself. */
  readonly cidr: string | undefined;
  readonly description: string;
}

/**
 * The rules that hosts need: SSH and the engine's TLS port from this computer, and all swarm traffic from the group
 * itself. ESP is for encrypted overlay networks, ICMP 3/4 for paths with a smaller MTU. Source: Docker's documentation,
 * "Open protocols and ports between the hosts".
 */
export function wantedRules(
  options: AwsOptions,
  allowed: readonly string[],
  overlayPort = 4789,
): readonly WantedRule[] {
  const { sshPort, openPorts } = options;
  const within = (protocol: string, low: number, high: number, description: string): WantedRule => ({
    protocol,
    from: low,
    to: high,
    cidr: undefined,
    description: `swarmup: ${description}`,
  });
  return [
    ...allowed.flatMap((cidr) => callerRules(sshPort, cidr)),
    within('tcp', 2377, 2377, 'swarm managers'),
    within('tcp', 7946, 7946, 'swarm gossip'),
    within('udp', 7946, 7946, 'swarm gossip'),
    within('udp', overlayPort, overlayPort, 'overlay networks'),
    within('50', -1, -1, 'encrypted overlay networks'),
    within('icmp', 3, 4, 'path MTU'),
    ...openPorts.map((port) => ({ ...port, description: 'swarmup: opened by --aws-open-port' })),
  ];
}

const sshRule = 'swarmup: ssh';
const engineRule = 'swarmup: Docker Engine, TLS';

/** The rules that allow callers in a network to reach hosts. */
export const callerRules = (sshPort: number, cidr: string): readonly WantedRule[] => [
  { protocol: 'tcp', from: sshPort, to: sshPort, cidr, description: sshRule },
  { protocol: 'tcp', from: 2376, to: 2376, cidr, description: engineRule },
];

/** The caller rules that exist. A rule that swarmup did not make never counts, even if it opens the same port. */
export const callerRulesIn = (existing: readonly SecurityGroupRule[]): readonly SecurityGroupRule[] =>
  existing.filter(({ IsEgress, Description = '' }) => IsEgress !== true && [sshRule, engineRule].includes(Description));

export const sshPortIn = (existing: readonly SecurityGroupRule[]): number =>
  existing.find(({ Description }) => Description === sshRule)?.FromPort ?? 22;

/** Ports mean something with these only. */
const hasPorts = (protocol: string): boolean => ['tcp', 'udp', 'icmp', '6', '17', '1'].includes(protocol);

/** For people: `22 from 203.0.113.5/32`. */
export const openingOf = ({ from, cidr = '' }: WantedRule): string => `${from} from ${cidr}`;

export function isThere(rule: WantedRule, group: string, existing: readonly SecurityGroupRule[]): boolean {
  return existing.some(
    (other) =>
      other.IsEgress !== true &&
      other.IpProtocol === rule.protocol &&
      (!hasPorts(rule.protocol) || (other.FromPort === rule.from && other.ToPort === rule.to)) &&
      (rule.cidr === undefined
        ? other.ReferencedGroupInfo?.GroupId === group
        : other.CidrIpv4 === rule.cidr || other.CidrIpv6 === rule.cidr),
  );
}

/**
 * The rule as AuthorizeSecurityGroupIngress expects it. Ports are sent even with ESP: some implementations fail without
 * them.
 */
export function permissionOf(rule: WantedRule, group: string): IpPermission {
  const { cidr, description: Description } = rule;
  const source: IpPermission =
    cidr === undefined
      ? { UserIdGroupPairs: [{ GroupId: group, Description }] }
      : cidr.includes(':')
        ? { Ipv6Ranges: [{ CidrIpv6: cidr, Description }] }
        : { IpRanges: [{ CidrIp: cidr, Description }] };
  return { IpProtocol: rule.protocol, FromPort: rule.from, ToPort: rule.to, ...source };
}
