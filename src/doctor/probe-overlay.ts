import { randomUUID } from 'node:crypto';
import { waitFor } from '../lib/abort.js';
import type { EngineClient } from '../lib/engine-client.js';
import { runScript } from '../bootstrap/remote-script.js';
import type { Runner } from '../ssh/runner.js';

/** A node that takes part in the test network. */
interface OverlayHost {
  readonly name: string;
  readonly engine: EngineClient;
  readonly runner: Runner;
}

/** What passes through an overlay network from a task on `from` to one on `to`. */
interface OverlayProbe {
  readonly from: string;
  readonly to: string;
  /** Small packets pass. */
  readonly small: boolean;
  /** Packets as large as the network allows pass, whole or in fragments. */
  readonly full: boolean;
  /** TCP is answered: its checksums survive the way. */
  readonly tcp: boolean;
}

export interface OverlayResult {
  readonly pairs: readonly OverlayProbe[];
  /** By host: the addresses of the nodes that it hears of by gossip (7946). */
  readonly peers: ReadonlyMap<string, readonly string[]>;
  readonly mtu: number;
}

const label = 'swarmup.doctor';
const image = 'swarmup-doctor:empty';
/** Should swarmup be killed, the containers end and remove themselves. */
const lifeSeconds = 120;

interface Joined extends OverlayHost {
  readonly containerId: string;
  readonly address: string;
  readonly pid: number;
}

/**
 * Sends real data through a temporary overlay network between a container on each host. The containers need no image:
 * they run the host's `sleep`, and the host's ping works in their network. Everything is removed again, even on abort.
 * Errors: those of the engines and runners.
 */
export async function probeOverlay(
  manager: EngineClient,
  hosts: readonly OverlayHost[],
  signal: AbortSignal,
): Promise<OverlayResult> {
  await removeLeftovers(manager, signal);
  const name = `swarmup-doctor-${randomUUID().slice(0, 8)}`;
  const created = await manager.request<{ Id: string }>('POST', '/networks/create', {
    body: { Name: name, Driver: 'overlay', Attachable: true, CheckDuplicate: true, Labels: { [label]: 'true' } },
    signal,
  });
  const joined: Joined[] = [];
  try {
    await Promise.all(hosts.map(async (host) => joined.push(await join(host, name, signal))));
    const mtu = await mtuOf(joined, signal);
    const peers = await gossip(joined, created.Id, signal);
    return { pairs: await tryPairs(joined, mtu, signal), peers, mtu };
  } finally {
    await cleanUp(manager, hosts, joined, created.Id);
  }
}

async function join(host: OverlayHost, network: string, signal: AbortSignal): Promise<Joined> {
  const { engine, runner } = host;
  // An empty archive makes an empty image.
  const query = { fromSrc: '-', repo: 'swarmup-doctor', tag: 'empty' };
  const headers = { 'content-type': 'application/x-tar' };
  await engine.request('POST', '/images/create', { query, headers, rawBody: new Uint8Array(10_240), signal });
  const body = 'for d in /bin /sbin /lib /lib64 /usr; do [ ! -d "$d" ] || echo "$d"; done';
  const { stdout } = await runScript(runner, { title: 'look for programs', body }, { signal });
  const { Id: id } = await engine.request<{ Id: string }>('POST', '/containers/create', {
    body: {
      Image: image,
      Cmd: ['sleep', String(lifeSeconds)],
      Env: ['PATH=/bin:/usr/bin'],
      Labels: { [label]: 'true' },
      HostConfig: {
        AutoRemove: true,
        NetworkMode: network,
        Memory: 32 * 1024 * 1024,
        Binds: stdout
          .trim()
          .split('\n')
          .map((path) => `${path}:${path}:ro`),
      },
    },
    signal,
  });
  try {
    await engine.request('POST', `/containers/${id}/start`, { signal, timeoutMs: 60_000 });
    const { State, NetworkSettings } = await engine.request<{
      State: { Pid: number };
      NetworkSettings: { Networks: Readonly<Record<string, { IPAddress: string }>> };
    }>('GET', `/containers/${id}/json`, { signal });
    return { ...host, containerId: id, pid: State.Pid, address: NetworkSettings.Networks[network]?.IPAddress ?? '' };
  } catch (error) {
    await engine.request('DELETE', `/containers/${id}`, { query: { force: true } }).catch(() => undefined);
    throw error;
  }
}

/** Of the interfaces in the container: the smallest is that of the overlay network. */
async function mtuOf(joined: readonly Joined[], signal: AbortSignal): Promise<number> {
  const [first] = joined;
  if (first === undefined) return 0;
  const script = {
    title: 'read the MTU',
    body: inNetworkOf(first.pid, 'cat /sys/class/net/eth*/mtu; ip -o link show'),
  };
  const { stdout } = await runScript(first.runner, script, { signal });
  const mtus = [...stdout.matchAll(/ eth\d+@?\S* .* mtu (\d+)/g)].map((m) => Number(m[1]));
  return Math.min(...(mtus.length > 0 ? mtus : [1450]));
}

const inNetworkOf = (pid: number, command: string): string =>
  `nsenter -t ${pid} -n sh -c '${command}' 2>/dev/null || true`;

/** News of a container takes a moment to spread; a host that hears nothing for five seconds is cut off. */
async function gossip(
  joined: readonly Joined[],
  networkId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ask = async ({ engine }: Joined): Promise<readonly string[]> => {
    const { Peers } = await engine.request<{ Peers: readonly { IP: string }[] | null }>(
      'GET',
      `/networks/${networkId}`,
      {
        signal,
      },
    );
    return (Peers ?? []).map(({ IP }) => IP);
  };
  const last = new Map<string, readonly string[]>();
  const hearsAll = async (): Promise<true | undefined> => {
    await Promise.all(joined.map(async (host) => last.set(host.name, await ask(host))));
    return joined.every(({ name }) => (last.get(name)?.length ?? 0) >= joined.length) || undefined;
  };
  await waitFor(
    { timeoutMs: 5000, what: 'the nodes to hear about each other', signal, intervalMs: 200 },
    hearsAll,
  ).catch(() => {
    signal.throwIfAborted();
  });
  return last;
}

async function tryPairs(joined: readonly Joined[], mtu: number, signal: AbortSignal): Promise<readonly OverlayProbe[]> {
  const rows = await Promise.all(
    joined.map(async (from) => {
      const mine = joined.filter((to) => to !== from);
      const body = [...mine.map((to) => `{ ${inNetworkOf(from.pid, tryOne(to, mtu))}; } &`), 'wait'].join('\n');
      const script = { title: 'send data through an overlay network', body };
      const { stdout } = await runScript(from.runner, script, { signal, timeoutMs: 60_000 });
      const passed = (to: Joined, what: string): boolean => stdout.includes(`${to.address} ${what} passed\n`);
      return mine.map((to) => ({
        from: from.name,
        to: to.name,
        small: passed(to, 'small'),
        full: passed(to, 'full'),
        tcp: passed(to, 'tcp'),
      }));
    }),
  );
  return rows.flat();
}

/**
 * 28 bytes are the headers of IP and ICMP; fragments are allowed, as Docker's own VXLAN allows them. Nothing listens on
 * the TCP port: the refusal is the answer.
 */
const tryOne = ({ address }: Joined, mtu: number): string =>
  `ping -c 1 -W 1 ${address} >/dev/null || ping -c 3 -W 1 ${address} >/dev/null && echo "${address} small passed"; ` +
  `ping -c 2 -W 1 -M dont -s ${mtu - 28} ${address} >/dev/null && echo "${address} full passed"; ` +
  `timeout 3 bash -c "exec 3<>/dev/tcp/${address}/9" 2>&1 | grep -qi refused && echo "${address} tcp passed"`;

/** Has its own deadline: the objects are removed even if the user has stopped the command. */
async function cleanUp(
  manager: EngineClient,
  hosts: readonly OverlayHost[],
  joined: readonly Joined[],
  networkId: string,
): Promise<void> {
  const quietly = (): undefined => undefined;
  const force = { query: { force: true }, timeoutMs: 30_000 };
  await Promise.all(
    joined.map(({ engine, containerId }) =>
      engine.request('DELETE', `/containers/${containerId}`, force).catch(quietly),
    ),
  );
  await Promise.all(hosts.map(({ engine }) => engine.request('DELETE', `/images/${image}`, force).catch(quietly)));
  // The managers need a moment to see that the containers are gone.
  await waitFor({ timeoutMs: 20_000, what: 'the test network to be free', intervalMs: 250 }, async (signal) => {
    await manager.request('DELETE', `/networks/${networkId}`, { signal });
    return true;
  }).catch(quietly);
}

/** Networks of a check-up that was killed; one that is in use belongs to a check-up that is under way. */
async function removeLeftovers(manager: EngineClient, signal: AbortSignal): Promise<void> {
  const filters = JSON.stringify({ label: [label] });
  const left = await manager.request<readonly { Id: string }[]>('GET', '/networks', { query: { filters }, signal });
  for (const { Id } of left) await manager.request('DELETE', `/networks/${Id}`, { signal }).catch(() => undefined);
}
