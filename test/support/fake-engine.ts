import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import type { EngineInfo, SwarmNode } from '../../src/swarm/swarm-api.js';
import { EngineRefusal, FakeCluster, noLeader } from './fake-cluster.js';

/** Something that goes wrong with a call, in this order. */
export interface EngineFault {
  /** As in `POST /swarm/join`; ids in paths are `*`. */
  readonly call: string;
  /** How many calls it hits. Default: all from now on. */
  readonly times?: number;
  /** Runs before the call is looked at; may wait. */
  readonly before?: () => void | Promise<void>;
  /** Answers this instead of doing anything; `hang` never answers. */
  readonly answer?: { readonly status: number; readonly message: string } | 'hang';
  /** Answers this body instead of doing anything. */
  readonly body?: unknown;
  /** Does what was asked, but answers this. */
  readonly late?: { readonly status: number; readonly message: string };
  /** Does what was asked and cuts the connection before the answer. */
  readonly cut?: boolean;
}

export interface FakeEngine {
  readonly hostname: string;
  readonly address: string;
  /** Every call but pings, in order: `POST /swarm/join`; ids in paths are `*`. */
  readonly calls: readonly string[];
  readonly cluster: FakeCluster | undefined;
  readonly nodeId: string | undefined;
  /** Takes a connection to its socket. */
  readonly serve: (stream: Duplex) => void;
  readonly inject: (...faults: readonly EngineFault[]) => void;
  /** Makes a swarm of its own, as somebody else may have done. */
  readonly initByHand: () => void;
  /** Forgets its swarm, as one does whose disk was lost. */
  readonly reset: () => void;
  /** Keys of the swarm are asked for at the next start: it was restarted with autolock. */
  readonly lock: () => void;
  /** It cannot come back as the node that it was: it was off for longer than its certificate held, or says another reason. */
  readonly expire: (trouble?: string) => void;
  /** Its host loses power. The others see it when `noticeLosses` is called. */
  readonly powerOff: () => void;
  readonly powerOn: () => void;
  /** Its host has another address from now on; as a node it goes on to advertise the one it had. */
  readonly moveTo: (address: string) => void;
}

/** The engines that reach each other, by address. */
export type FakeNetwork = Map<string, FakeEngine>;

interface Membership {
  readonly cluster: FakeCluster;
  readonly nodeId: string;
  readonly address: string;
}

const notPart = new EngineRefusal(503, 'This node is not part of a swarm');
const alreadyPart = new EngineRefusal(
  503,
  'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
);
const noManager = new EngineRefusal(
  503,
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
);
const onlyWorker = new EngineRefusal(
  503,
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
);
const locked = new EngineRefusal(
  503,
  'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.',
);

type Body = Readonly<Record<string, unknown>>;
type Handler = (request: { readonly id: string; readonly query: URLSearchParams; readonly body: Body }) => unknown;

/**
 * A Docker Engine in memory that knows swarm mode as far as swarmup uses it, in the words and status codes of the real
 * one; `test/contracts/engine-contract.ts` holds both to that. It answers on any stream that is given to `serve`.
 */
export function fakeEngine(network: FakeNetwork, hostname: string, firstAddress: string): FakeEngine {
  let address = firstAddress;
  let membership: Membership | undefined;
  let running = true;
  let isLocked = false;
  let ended: string | undefined;
  let faults: EngineFault[] = [];
  const calls: string[] = [];
  const streams = new Set<Duplex>();

  const isAlive = (cluster: FakeCluster) => (): boolean =>
    running && !isLocked && ended === undefined && membership?.cluster === cluster;
  const enter = (cluster: FakeCluster, role: 'manager' | 'worker', advertised: string): string => {
    const nodeId = cluster.add({ role, hostname, address: advertised, isAlive: isAlive(cluster) });
    membership = { cluster, nodeId, address: advertised };
    return nodeId;
  };
  const asManager = (): FakeCluster => {
    if (isLocked) throw locked;
    if (membership === undefined) throw noManager;
    if (!membership.cluster.isManager(membership.nodeId)) throw onlyWorker;
    membership.cluster.requireLeader();
    return membership.cluster;
  };

  const join: Handler = ({ body }) => {
    if (membership !== undefined) throw alreadyPart;
    const token = String(body['JoinToken']);
    if (!/^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/.test(token)) throw new EngineRefusal(500, 'invalid join token');
    const remotes = body['RemoteAddrs'] as readonly string[];
    const cluster = remotes.map((remote) => reachableManager(network, remote)).find((found) => found !== undefined);
    if (cluster === undefined) throw refusedConnection(remotes[0] ?? '');
    const role = { [cluster.tokens.Manager]: 'manager', [cluster.tokens.Worker]: 'worker' }[token];
    if (role === undefined)
      throw new EngineRefusal(
        400,
        'rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster',
      );
    enter(cluster, role as 'manager' | 'worker', String(body['AdvertiseAddr']));
  };

  const leave: Handler = ({ query }) => {
    if (membership === undefined) throw notPart;
    const refusal = query.get('force') === 'true' ? undefined : membership.cluster.leaveRefusal(membership.nodeId);
    if (refusal !== undefined) throw refusal;
    membership = undefined;
    ended = undefined;
  };

  const handlers: Readonly<Record<string, Handler>> = {
    'GET /info': () => (ended !== undefined ? failed(hostname, ended) : info(hostname, membership, isLocked)),
    'POST /swarm/init': ({ body }) => {
      if (membership !== undefined) throw alreadyPart;
      const pool = (body['DefaultAddrPool'] as readonly string[] | undefined) ?? ['10.0.0.0/8'];
      return enter(new FakeCluster(pool), 'manager', String(body['AdvertiseAddr']));
    },
    'POST /swarm/join': join,
    'POST /swarm/leave': leave,
    'GET /swarm': () => {
      const { id, tokens, addressPool, spec } = asManager();
      return {
        ID: id,
        Version: { Index: 1 },
        JoinTokens: tokens,
        DefaultAddrPool: addressPool,
        SubnetSize: 24,
        Spec: spec,
        TLSInfo: { TrustRoot: '' },
        RootRotationInProgress: false,
      };
    },
    'GET /networks': () => asManager().networks,
    'POST /networks/create': ({ body }) => ({ Id: asManager().addNetwork(body) }),
    'DELETE /networks/*': ({ id }) => {
      asManager().removeNetwork(id);
    },
    'GET /nodes': () => asManager().list(),
    'GET /nodes/*': ({ id }) => asManager().get(id),
    'POST /nodes/*/update': ({ id, query, body }) => {
      if (body['Role'] === undefined) throw new EngineRefusal(400, 'invalid Role: ""');
      asManager().update(id, query.get('version'), body as SwarmNode['Spec']);
    },
    'DELETE /nodes/*': ({ id, query }) => {
      asManager().remove(id, query.get('force') === 'true');
    },
    // Its tasks belong to none: they are put on nodes by hand.
    'GET /services': () => (asManager(), []),
    'GET /secrets': () => (asManager(), []),
    'GET /configs': () => (asManager(), []),
    'GET /tasks': ({ query }) => tasksOf(asManager(), query.get('filters')),
  };

  const takeFault = (call: string): EngineFault | undefined => {
    const fault = faults.find((other) => other.call === call);
    if (fault?.times !== undefined)
      faults = faults.flatMap((other) =>
        other !== fault ? [other] : (fault.times ?? 0) > 1 ? [{ ...fault, times: (fault.times ?? 0) - 1 }] : [],
      );
    return fault;
  };

  const server = createServer((request, response) => {
    void answer(request, response, calls, handlers, takeFault);
  });

  return {
    hostname,
    get address() {
      return address;
    },
    calls,
    get cluster() {
      return membership?.cluster;
    },
    get nodeId() {
      return membership?.nodeId;
    },
    serve(stream) {
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
      stream.on('error', () => undefined);
      if (running) server.emit('connection', stream);
      else stream.destroy();
    },
    inject: (...more) => {
      faults.push(...more);
    },
    initByHand: () => void enter(new FakeCluster(['10.0.0.0/8']), 'manager', address),
    reset: () => {
      membership = undefined;
    },
    lock: () => {
      isLocked = true;
    },
    expire: (trouble = certificateEnded) => {
      ended = trouble;
      membership?.cluster.noticeLosses();
    },
    powerOff: () => {
      running = false;
      for (const stream of streams) stream.destroy();
    },
    powerOn: () => {
      running = true;
      membership?.cluster.noticeLosses();
    },
    moveTo: (to) => {
      const own = network.get(address);
      network.delete(address);
      if (own !== undefined) network.set(to, own);
      address = to;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  calls: string[],
  handlers: Readonly<Record<string, Handler>>,
  takeFault: (call: string) => EngineFault | undefined,
): Promise<void> {
  response.setHeader('api-version', '1.41');
  const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://docker');
  if (pathname === '/_ping') {
    response.end('OK');
    return;
  }
  const path = pathname.replace(/^\/v1\.\d+/, '');
  const id = /^\/(?:nodes|networks)\/(?!create)([^/]+)/.exec(path)?.[1] ?? '';
  const call = `${request.method ?? ''} ${id === '' ? path : path.replace(id, '*')}`;
  calls.push(call);
  const fault = takeFault(call);
  const sent = await text(request);
  await fault?.before?.();
  if (fault?.answer === 'hang') return;
  const { status, body } = perform(fault, handlers[call], { id, query, body: parseBody(sent) });
  response.statusCode = status;
  if (fault?.cut === true) response.destroy();
  else response.end(body);
}

const parseBody = (sent: string): Body => (sent === '' ? {} : (JSON.parse(sent) as Body));

function perform(
  fault: EngineFault | undefined,
  handler: Handler | undefined,
  request: Parameters<Handler>[0],
): { readonly status: number; readonly body: string } {
  try {
    const answer = fault?.answer;
    if (answer !== undefined && answer !== 'hang') throw new EngineRefusal(answer.status, answer.message);
    if (fault?.body !== undefined) return { status: 200, body: JSON.stringify(fault.body) };
    if (handler === undefined) throw new EngineRefusal(404, 'page not found');
    const result = handler(request);
    if (fault?.late !== undefined) throw new EngineRefusal(fault.late.status, fault.late.message);
    return { status: 200, body: result === undefined ? '' : JSON.stringify(result) };
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error;
    return { status: error.status, body: JSON.stringify({ message: error.message }) };
  }
}

function reachableManager(network: FakeNetwork, remote: string): FakeCluster | undefined {
  const engine = network.get(remote.replace(/:2377$/, ''));
  if (engine?.cluster === undefined || engine.nodeId === undefined) return undefined;
  return engine.cluster.isReachableManager(engine.nodeId) ? engine.cluster : undefined;
}

/** The real one says so after 10 s. */
const refusedConnection = (remote: string): EngineRefusal =>
  new EngineRefusal(
    503,
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial tcp ' +
      `${remote}: connect: connection refused"`,
  );

const certificateEnded =
  'error while loading TLS certificate in /var/lib/docker/swarm/certificates/swarm-node.crt: certificate (1 - x) ' +
  'not valid after Fri, 27 Nov 2026 01:29:12 UTC, and it is currently Sat, 28 Nov 2026 01:29:19 UTC: x509: ' +
  'certificate has expired or is not yet valid: ';

const failed = (Name: string, trouble: string): EngineInfo => ({
  Name,
  ServerVersion: '20.10.24+dfsg1',
  Swarm: {
    ...{ NodeID: '', NodeAddr: '192.0.2.9', LocalNodeState: 'error', ControlAvailable: false, RemoteManagers: null },
    Error: trouble,
  },
});

function info(hostname: string, membership: Membership | undefined, isLocked: boolean): EngineInfo {
  const inactive = { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false } as const;
  const swarm = isLocked
    ? { ...inactive, NodeAddr: membership?.address ?? '', LocalNodeState: 'locked' as const, Error: locked.message }
    : inactive;
  const base = { Name: hostname, ServerVersion: '20.10.24+dfsg1' };
  if (isLocked || membership === undefined) return { ...base, Swarm: { Error: '', RemoteManagers: null, ...swarm } };
  const { cluster, nodeId, address } = membership;
  const managers = cluster.nodes.filter((node) => node.Spec.Role === 'manager');
  const active = {
    NodeID: nodeId,
    NodeAddr: address,
    LocalNodeState: 'active',
    ControlAvailable: cluster.isManager(nodeId),
    Error: '',
    RemoteManagers: managers.map((node) => ({ NodeID: node.ID, Addr: `${node.Status.Addr}:2377` })),
  } as const;
  if (!active.ControlAvailable) return { ...base, Swarm: active };
  const led = hasLeader(cluster);
  return { ...base, Swarm: { ...active, Error: led ? '' : noLeader, Cluster: { ID: led ? cluster.id : '' } } };
}

function hasLeader(cluster: FakeCluster): boolean {
  try {
    cluster.requireLeader();
    return true;
  } catch {
    return false;
  }
}

function tasksOf(cluster: FakeCluster, filters: string | null): readonly unknown[] {
  const { node = [] } = JSON.parse(filters ?? '{}') as { readonly node?: readonly string[] };
  return cluster.tasks.filter((task) => node.length === 0 || node.includes(task.NodeID));
}
