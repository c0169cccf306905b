import { runScript } from '../bootstrap/remote-script.js';
import { datagrams, enough, type ProbeHost, quickly, senders } from './probe-network.js';

/** The way of datagrams from a host to the next one in a ring. */
export interface RingWay {
  readonly from: string;
  readonly to: string;
  /** undefined: it could not be tested, for example because one of the hosts has no program that sends datagrams. */
  readonly arrived: boolean | undefined;
}

const maxTrials = 3;

/**
 * Tests whether datagrams to a UDP port get into every host and out of it, with three small scripts on each host. Each
 * host sends to the next one, so the counters of a kernel show the sender. The counters include datagrams that were
 * delivered to a socket (also to the socket of the kernel for VXLAN) and those without a socket, but not those that a
 * firewall dropped. This does not test every pair of hosts, and it does not prove that VXLAN itself passes: `probePairs`
 * and `probeOverlay` do. Errors: none but an abort.
 */
export async function probeRing(
  hosts: readonly ProbeHost[],
  port: number,
  signal: AbortSignal,
): Promise<readonly RingWay[]> {
  const pairs = hosts.map((from, i) => ({ from, to: hosts[(i + 1) % hosts.length] ?? from }));
  let ways: readonly RingWay[] = [];
  // A burst of other traffic hides what arrives: only silence three times is silence.
  for (let trial = 0; trial === 0 || (trial < maxTrials && ways.some(isSilent)); trial += 1) {
    const seen = await tryOnce(pairs, port, signal);
    ways = trial === 0 ? seen : ways.map((way, i) => (isSilent(way) ? (seen[i] ?? way) : way));
  }
  return ways;
}

const isSilent = ({ arrived }: RingWay): boolean => arrived === false;

interface Pair {
  readonly from: ProbeHost;
  readonly to: ProbeHost;
}

async function tryOnce(pairs: readonly Pair[], port: number, signal: AbortSignal): Promise<readonly RingWay[]> {
  const counted = (): Promise<readonly (Counts | undefined)[]> => Promise.all(pairs.map(({ to }) => count(to, signal)));
  const before = await counted();
  const sent = await Promise.all(pairs.map(({ from, to }) => send(from, to, port, signal)));
  const after = await counted();
  return pairs.map(({ from, to }, i) => ({
    from: from.name,
    to: to.name,
    arrived: sent[i] === true ? judge(before[i], after[i]) : undefined,
  }));
}

/** Datagrams since the boot of the host, twice: what comes in anyway is the difference. */
type Counts = readonly [first: number, second: number];

/** Much other traffic can hide the datagrams, so the silence of such a host does not count. */
function judge(before: Counts | undefined, after: Counts | undefined): boolean | undefined {
  if (before === undefined || after === undefined) return undefined;
  const noise = Math.max(before[1] - before[0], after[1] - after[0]);
  if (after[0] - before[1] - 2 * noise >= enough) return true;
  return noise < datagrams / 2 ? false : undefined;
}

async function count({ runner }: ProbeHost, signal: AbortSignal): Promise<Counts | undefined> {
  const read = `grep '^Udp: [0-9]' /proc/net/snmp`;
  const body = `${read}; sleep 0.02 2>/dev/null; ${read}`;
  const stdout = await said(() => runScript(runner, { title: 'count datagrams', body }, quickly(signal)), signal);
  const [first, second] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .map(([, received, noPort]) => (received ?? Number.NaN) + (noPort ?? Number.NaN));
  return Number.isFinite(first) && Number.isFinite(second) ? [first ?? 0, second ?? 0] : undefined;
}

async function send({ runner }: ProbeHost, to: ProbeHost, port: number, signal: AbortSignal): Promise<boolean> {
  const title = `send to udp/${port} of ${to.name}`;
  const body = `${senders}\nudp ${to.address} ${port} 2>/dev/null\necho sent`;
  return (await said(() => runScript(runner, { title, body }, quickly(signal)), signal)).includes('sent');
}

/** The output; empty if the host cannot be asked. */
async function said(run: () => Promise<{ readonly stdout: string }>, signal: AbortSignal): Promise<string> {
  try {
    return (await run()).stdout;
  } catch {
    signal.throwIfAborted();
    return '';
  }
}
