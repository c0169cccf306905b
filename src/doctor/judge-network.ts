import type { Finding } from './finding.js';
import type { OverlayResult } from './probe-overlay.js';
import type { PairProbe, ProbeHost } from './probe-network.js';

/** VXLAN's own headers: what an overlay network's packets grow by on the way. */
const vxlanBytes = 50;
/** Docker's default MTU of an overlay network: 1500 minus VXLAN. */
const defaultOverlayMtu = 1450;

type Target = Pick<ProbeHost, 'name' | 'listens'>;

/** Turns the results of the probes between hosts into findings. Pure. */
export function judgePairs(pairs: readonly PairProbe[], targets: readonly Target[]): readonly Finding[] {
  const unreachable = pairs.filter((pair) => isUnreachable(pair));
  const others = pairs.filter((pair) => !unreachable.includes(pair));
  return [
    ...unreachable.map(({ from, to }) => ({
      check: 'reach',
      severity: 'error' as const,
      hosts: [from, to],
      message: `no traffic from ${from} reaches ${to}`,
      cause: 'there is a firewall between the hosts, or there is no route',
      fix: `check the route on ${from} (ip route get), then open 2377/tcp, 7946/tcp+udp and 4789/udp on ${to}`,
    })),
    ...judgeTcp(others, targets),
    ...judgeUdp(others),
    ...judgeMtu(others),
    ...untried(pairs),
  ];
}

const isUnreachable = ({ tcp, udp, pathMtu }: PairProbe): boolean =>
  tcp.size > 0 &&
  [...tcp.values()].every((outcome) => outcome === 'silent') &&
  [...udp.values()].every((arrived) => !arrived) &&
  pathMtu === undefined;

const tcpUse: Readonly<Record<number, string>> = {
  2377: 'nodes use this port to join, and managers use it to agree',
  7946: 'nodes use this port to tell each other which containers run on them',
};

function judgeTcp(pairs: readonly PairProbe[], targets: readonly Target[]): readonly Finding[] {
  const blocked = pairs.flatMap(({ from, to, tcp }) => {
    const listens = targets.find(({ name }) => name === to)?.listens ?? [];
    return [...tcp].flatMap(([port, outcome]) => {
      const isNeeded = port !== 2377 || listens.includes(port);
      const isFine = outcome === 'open' || (outcome === 'refused' && !listens.includes(port));
      return isFine || !isNeeded ? [] : { from, to, port, how: outcome === 'refused' ? 'refused' : 'no answer' };
    });
  });
  return byTarget(blocked).map(({ to, port, from, how }) => ({
    check: `tcp-${port}`,
    severity: 'error' as const,
    hosts: [to],
    message: `${from.join(', ')} cannot reach ${to} on ${port}/tcp (${how ?? ''})`,
    cause: `a firewall; ${tcpUse[port] ?? ''}`,
    fix: `open ${port}/tcp on ${to} for ${from.join(', ')}`,
  }));
}

const udpUse: Readonly<Record<number, string>> = {
  7946: 'news about containers arrives late, because it has to use TCP',
  4789: 'nodes are Ready and tasks run, but overlay networks do not work',
};

function judgeUdp(pairs: readonly PairProbe[]): readonly Finding[] {
  const blocked = pairs.flatMap(({ from, to, udp }) =>
    [...udp].filter(([, arrived]) => !arrived).map(([port]) => ({ from, to, port })),
  );
  return byTarget(blocked).map(({ to, port, from }) => ({
    check: `udp-${port}`,
    severity: 'error' as const,
    hosts: [to],
    message: `packets from ${from.join(', ')} to ${to} on ${port}/udp do not arrive`,
    cause: `a firewall; ${udpUse[port] ?? ''}`,
    fix: `open ${port}/udp on ${to} for ${from.join(', ')}`,
  }));
}

interface BlockedWay {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly how?: string;
}

/** A closed port on a host is one finding, even if several hosts tried it. */
function byTarget(
  blocked: readonly BlockedWay[],
): readonly (Omit<BlockedWay, 'from'> & { readonly from: readonly string[] })[] {
  const grouped = new Map<string, BlockedWay & { readonly froms: readonly string[] }>();
  for (const way of blocked) {
    const key = `${way.to} ${way.port} ${way.how ?? ''}`;
    grouped.set(key, { ...way, froms: [...(grouped.get(key)?.froms ?? []), way.from].sort() });
  }
  return [...grouped.values()].map(({ froms, ...way }) => ({ ...way, from: froms }));
}

function judgeMtu(pairs: readonly PairProbe[]): readonly Finding[] {
  const small = pairs.flatMap(({ pathMtu }) =>
    pathMtu === undefined || pathMtu >= defaultOverlayMtu + vxlanBytes ? [] : pathMtu,
  );
  return [...new Set(small)].map((mtu) => ({
    check: 'path-mtu',
    severity: 'warning' as const,
    hosts: [...new Set(pairs.filter(({ pathMtu }) => pathMtu === mtu).flatMap(({ from, to }) => [from, to]))],
    message: `only packets of up to ${mtu} bytes pass between the hosts in one piece`,
    cause: `packets of overlay networks with the usual MTU (${defaultOverlayMtu}) are split into fragments, which is slow, and are lost if fragments are dropped`,
    fix: `make overlay networks with --mtu ${mtu - vxlanBytes}`,
  }));
}

/** A host that cannot try is said so: no finding must not look like no fault. */
function untried(pairs: readonly PairProbe[]): readonly Finding[] {
  const silent = [...new Set(pairs.filter(({ tcp }) => tcp.size === 0).map(({ from }) => from))];
  const deaf = pairs.filter((pair) => pair.pathMtu === undefined && !isUnreachable(pair)).map(({ from }) => from);
  const info = (check: string, host: string, message: string, fix: string): Finding => ({
    check,
    severity: 'info',
    hosts: [host],
    message,
    cause: 'so this check could not be run from this host',
    fix,
  });
  return [
    ...silent.map((host) =>
      info(
        'ports',
        host,
        'ports cannot be tested from this host because it has neither bash nor nc',
        `install bash on ${host}`,
      ),
    ),
    ...[...new Set(deaf)].map((host) =>
      info(
        'path-mtu',
        host,
        'the host gets no answer to pings, or it has no ping command',
        'allow ICMP echo between the hosts',
      ),
    ),
  ];
}

/**
 * Turns the results of the test network into findings. If the ports themselves are blocked, that is the cause and has
 * its own finding. Pure.
 */
export function judgeOverlay(
  { pairs, peers, mtu }: OverlayResult,
  portFindings: readonly Finding[],
): readonly Finding[] {
  // An answer must come back: a way that is closed in one direction is closed in both.
  const blames = (from: string, to: string): boolean =>
    portFindings.some(
      ({ severity, hosts, check }) =>
        severity === 'error' && (hosts.includes(from) || hosts.includes(to)) && /^(reach|tcp|udp)/.test(check),
    );
  const deaf = [...peers].filter(([, heard]) => heard.length < peers.size).map(([name]) => name);
  const isExplained = portFindings.some(({ check }) => /^(reach|tcp-7946|udp-7946)$/.test(check));
  const gossip = (isExplained ? [] : deaf).map((name): Finding => ({
    check: 'gossip',
    severity: 'error',
    hosts: [name],
    message: `the node hears about ${Math.max(0, (peers.get(name)?.length ?? 0) - 1)} of ${peers.size - 1} other nodes by gossip`,
    cause: 'DNS on the node lists only tasks of the nodes that it hears about, and packets do not reach the others',
    fix: 'open 7946/tcp and 7946/udp between all nodes; the problem then goes away by itself',
  }));
  const payload = pairs
    .filter(({ from, to }) => !blames(from, to) && !deaf.includes(from) && !deaf.includes(to))
    .flatMap((pair) => judgePayload(pair, mtu));
  return [...gossip, ...payload];
}

function judgePayload({ from, to, small, full, tcp }: OverlayResult['pairs'][number], mtu: number): readonly Finding[] {
  const hosts = [from, to];
  const way = `from containers on ${from} to containers on ${to}`;
  if (!small)
    return [
      {
        check: 'vxlan',
        severity: 'error',
        hosts,
        message: `no packet passes ${way} through an overlay network`,
        cause:
          'something on the way blocks VXLAN (4789/udp) but not other UDP, for example a cloud firewall or a VXLAN switch',
        fix: 'allow 4789/udp in both directions, or choose another data path port when you create the swarm',
      },
    ];
  const findings: Finding[] = [];
  if (!full)
    findings.push({
      check: 'overlay-mtu',
      severity: 'error',
      hosts,
      message: `small packets pass ${way}, but packets of ${mtu} bytes do not`,
      cause: 'packets of this size do not fit together with the VXLAN headers, and their fragments are dropped',
      fix: 'make overlay networks with a smaller --mtu',
    });
  if (!tcp)
    findings.push({
      check: 'overlay-tcp',
      severity: 'error',
      hosts,
      message: `pings pass ${way}, but TCP does not`,
      cause: 'the network card computes wrong checksums inside VXLAN',
      fix: `run ethtool -K NIC tx-checksum-ip-generic off on ${from} and ${to}`,
      fixable: 'checksum-offload',
    });
  return findings;
}
