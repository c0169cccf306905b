import { runScript } from '../bootstrap/remote-script.js';
import type { Runner } from '../ssh/runner.js';

/** A host that takes part: its connection and the address that the other hosts use to reach it. */
export interface ProbeHost {
  readonly name: string;
  readonly address: string;
  readonly runner: Runner;
  /** Ports on which it should listen now; where it does not, `refused` means that the way is open. */
  readonly listens: readonly number[];
}

export type TcpOutcome = 'open' | 'refused' | 'silent';

/** The traffic from `from` that arrives at `to`. undefined: it could not be tested. */
export interface PairProbe {
  readonly from: string;
  readonly to: string;
  readonly tcp: ReadonlyMap<number, TcpOutcome>;
  /** False: none of the datagrams to the port reached the sockets of the other kernel. */
  readonly udp: ReadonlyMap<number, boolean>;
  /** The largest IP packet that passes in one piece; undefined: pings are not answered, or there is no ping command. */
  readonly pathMtu: number | undefined;
}

const swarmPorts = { tcp: [2377, 7946], udp: [7946, 4789] } as const;

export const datagrams = 12;
/** A few may be lost on the way; a blocked port loses all. */
export const enough = 8;

/** MTUs in use: jumbo frames, clouds, Ethernet, PPPoE, tunnels, the least of IPv6. */
const packetSizes: readonly number[] = [9001, 8900, 1500, 1492, 1460, 1450, 1420, 1400, 1380, 1350, 1300, 1280];

/**
 * Tests the ports of a swarm and the size of packets from every host to every other. It needs no listener and installs
 * nothing: the other kernel's counters (/proc/net/snmp) show whether datagrams arrive (delivered to a socket or without
 * one, but not dropped by a firewall), and the answer or its absence shows whether TCP passes. In every round, each
 * host sends to one other host and receives from one other host, so the counters show the sender. Errors: those of the
 * runners.
 */
export async function probePairs(hosts: readonly ProbeHost[], signal: AbortSignal): Promise<readonly PairProbe[]> {
  const pairs: PairProbe[] = [];
  for (let shift = 1; shift < hosts.length; shift += 1)
    pairs.push(
      ...(await Promise.all(
        hosts.map((from, i) => probePair(from, hosts[(i + shift) % hosts.length] ?? from, signal)),
      )),
    );
  return pairs;
}

async function probePair(from: ProbeHost, to: ProbeHost, signal: AbortSignal): Promise<PairProbe> {
  const [tcp, udp, pathMtu] = await Promise.all([
    tryTcp(from.runner, to, swarmPorts.tcp, signal),
    tryUdp(from, to, signal),
    findPathMtu(from, to, signal),
  ]);
  return { from: from.name, to: to.name, tcp, udp, pathMtu };
}

/** Shell functions for hosts with bash, or with a netcat: busybox has both programs, Debian's base none but bash. */
export const senders = `
if have bash; then
  tcp() { timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2"; }
  udp() { bash -c "for i in $(seq -s ' ' ${datagrams}); do echo swarmup-doctor >/dev/udp/$1/$2; done"; }
elif have nc; then
  tcp() { timeout 3 nc -z -w 2 "$1" "$2"; }
  udp() { for i in $(seq ${datagrams}); do echo swarmup-doctor | nc -u -w 1 "$1" "$2"; done; }
else exit 0; fi
`;

/** Tests TCP ports of another host; the answer of a host without a suitable program is empty. */
export async function tryTcp(
  from: Runner,
  to: { readonly name: string; readonly address: string },
  ports: readonly number[],
  signal: AbortSignal,
): Promise<PairProbe['tcp']> {
  const body = [senders, ...ports.map((port) => tcpLine(to.address, port)), 'wait'].join('\n');
  const { stdout } = await runScript(from, { title: `reach ${to.name}`, body }, quickly(signal));
  const found = stdout.matchAll(/^tcp (\d+) (\w+)$/gm);
  return new Map([...found].map((m) => [Number(m[1]), m[2] as TcpOutcome]));
}

/** What does not end by itself in time says nothing; a failing probe is a result. */
export const quickly = (signal: AbortSignal) => ({ signal, timeoutMs: 30_000, check: false }) as const;

const tcpLine = (address: string, port: number): string =>
  `{ if said=$(tcp ${address} ${port} 2>&1); then echo tcp ${port} open
  else case $said in *[Rr]efused*) echo tcp ${port} refused ;; *) echo tcp ${port} silent ;; esac; fi; } &`;

/** `-M do` forbids fragments; 28 bytes are the headers of IP and ICMP. All sizes at once: what is too long is not answered. */
async function findPathMtu(from: ProbeHost, to: ProbeHost, signal: AbortSignal): Promise<number | undefined> {
  const body = `
ping -c 1 -W 2 ${to.address} >/dev/null 2>&1 || exit 0
for size in ${packetSizes.join(' ')}; do
  { ping -M do -c 1 -W 1 -s $((size - 28)) ${to.address} >/dev/null 2>&1 && echo "mtu $size"; } &
done
wait`;
  const { stdout } = await runScript(from.runner, { title: `ping ${to.name}`, body }, quickly(signal));
  const passed = [...stdout.matchAll(/^mtu (\d+)$/gm)].map((m) => Number(m[1]));
  return passed.length === 0 ? undefined : Math.max(...passed);
}

/** Whether datagrams from one host arrive at the other, by port; empty if none could be sent. */
export async function tryUdp(
  from: ProbeHost,
  to: ProbeHost,
  signal: AbortSignal,
  ports: readonly number[] = swarmPorts.udp,
): Promise<PairProbe['udp']> {
  const arrived = new Map<number, boolean>();
  // A burst of other traffic while it is idle hides what arrives: only silence three times is silence.
  for (const port of ports.flatMap((each) => [each, each, each])) {
    if (arrived.get(port) === true) continue;
    // What comes in anyway in as long a time: a busy host must not look reachable.
    const idle = await received(to, signal);
    const before = await received(to, signal);
    const title = `send to udp/${port} of ${to.name}`;
    const body = `${senders}\nudp ${to.address} ${port} 2>/dev/null\necho sent`;
    const { stdout } = await runScript(from.runner, { title, body }, quickly(signal));
    const after = await received(to, signal);
    if (stdout.includes('sent') && Number.isFinite(after))
      arrived.set(port, after - before - 2 * (before - idle) >= enough);
  }
  return arrived;
}

/** Datagrams that reached a socket, or would have, since the host's boot; NaN when the host does not tell. */
async function received(host: ProbeHost, signal: AbortSignal): Promise<number> {
  const body = `grep '^Udp: [0-9]' /proc/net/snmp`;
  const { stdout } = await runScript(host.runner, { title: 'count datagrams', body }, quickly(signal));
  const [, inDatagrams, noPorts] = stdout.trim().split(' ');
  return Number(inDatagrams) + Number(noPorts);
}
