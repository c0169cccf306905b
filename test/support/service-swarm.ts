import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import type { AgentEvent, AgentStatus } from '../../src/agent/agent-api.js';
import type { ServiceSpec } from '../../src/swarm/workload.js';
import type { ObservedNode, ObservedService, ObservedTask } from '../../src/agent/observation.js';
import { createRegistry } from '../../src/drivers/registry.js';
import { SwarmupError } from '../../src/lib/errors.js';
import { processRunner } from '../../src/lib/local-process.js';
import type { ProgressEvent } from '../../src/lib/progress-event.js';
import { openStore } from '../../src/machine/file-store.js';
import type { MachineRecord } from '../../src/machine/machine-record.js';
import type { OperationContext } from '../../src/operations/access/context.js';
import type { Runner } from '../../src/ssh/runner.js';
import { ScriptedRunner } from './scripted-runner.js';

interface StoredConfig {
  readonly ID: string;
  readonly CreatedAt: string;
  readonly Spec: { readonly Name: string; readonly Labels: Readonly<Record<string, string>>; readonly Data: string };
}

/** What the agent of a host answers; undefined: there is none. */
interface FakeAgent {
  status: Partial<AgentStatus>;
  readonly events: AgentEvent[];
  /** Streams of `events?follow=1` that are open. */
  readonly followers: Set<ServerResponse>;
}

/**
 * A swarm whose managers share services, tasks and configs, behind real HTTP servers, and the context of operations on
 * it. Nothing schedules tasks by itself: `onUpdate` is told of every update of a service.
 */
export class ServiceSwarm implements AsyncDisposable {
  nodes: ObservedNode[] = [];
  services: ObservedService[] = [];
  tasks: ObservedTask[] = [];
  configs: StoredConfig[] = [];
  readonly agents = new Map<string, FakeAgent>();
  /** `POST /configs/create` and the like, in order, reading left out. */
  readonly writes: string[] = [];
  readonly reports: Omit<ProgressEvent, 'time'>[] = [];
  onUpdate: (service: ObservedService) => void = () => undefined;
  /** Called before each config object is made: somebody else may be quicker. */
  beforeConfig: () => void = () => undefined;
  readonly abort = new AbortController();
  readonly #servers: Server[] = [];
  readonly #sockets = new Map<string, number>();

  private constructor(
    readonly context: OperationContext,
    readonly folder: string,
  ) {}

  static async start(managers: readonly string[]): Promise<ServiceSwarm> {
    const folder = await mkdtemp(join(tmpdir(), 'swarmup-services-'));
    const store = openStore(join(folder, 'home'));
    const swarm: ServiceSwarm = new ServiceSwarm(
      {
        store,
        drivers: createRegistry([]),
        connect: (record) => Promise.resolve(swarm.#runner(record.name)),
        enroll: () => Promise.reject(new Error('these hosts are there already')),
        disconnect: async () => undefined,
        report: (event) => void swarm.reports.push(event),
        get signal() {
          return swarm.abort.signal;
        },
        env: {},
        run: processRunner(process.env),
        cacheDir: join(folder, 'cache'),
        now: () => new Date('2026-11-21T10:00:00.000Z'),
      },
      folder,
    );
    const createdAt = '2026-11-21T09:00:00.000Z';
    await store.writeSwarm({ schemaVersion: 1, name: 'default', clusterId: 'cluster', createdAt });
    for (const [i, name] of managers.entries()) {
      await store.add(managerRecord(name));
      await swarm.#listen(name);
      swarm.nodes.push(node(name, i === 0));
    }
    return swarm;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort(new Error('the test is over'));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(this.folder, { recursive: true });
  }

  addService(spec: ServiceSpec, tasksOn: readonly string[] = []): ObservedService {
    const ID = `id-${spec.Name}`;
    const service = { ID, Version: { Index: 10 }, Spec: spec };
    this.services.push(service);
    this.tasks.push(...tasksOn.map((host, i) => task(`${ID}-${i}`, ID, host)));
    return service;
  }

  addAgent(host: string, status: Partial<AgentStatus>, events: readonly AgentEvent[] = []): FakeAgent {
    const agent = { status, events: [...events], followers: new Set<ServerResponse>() };
    this.agents.set(host, agent);
    return agent;
  }

  /** A config object that somebody wrote. */
  addConfig(name: string, content: unknown): void {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const Spec = { Name: name, Labels: { 'swarmup.desired-state': '1' }, Data: Buffer.from(text).toString('base64') };
    this.configs.push({ ID: `id-${name}`, CreatedAt: '2026-11-21T09:30:00.000000001Z', Spec });
  }

  #runner(host: string): Runner {
    const open = async (path: string): Promise<Duplex> => {
      const port = this.#sockets.get(`${host} ${path}`);
      const silent = path === 'agent' && !this.agents.has(host);
      if (port === undefined || silent) throw new SwarmupError('SOCKET_UNREACHABLE', `nothing listens on ${host}`);
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    };
    const scripted = new ScriptedRunner(host, []);
    scripted.openSocket = (() => open('engine')) as never;
    scripted.openPort = (() => open('agent')) as never;
    return scripted;
  }

  async #listen(host: string): Promise<void> {
    const serve = async (path: string, handler: (request: IncomingMessage, response: ServerResponse) => unknown) => {
      const server = createServer((request, response) => void handler(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      this.#servers.push(server);
      this.#sockets.set(`${host} ${path}`, (server.address() as AddressInfo).port);
    };
    await serve('engine', (request, response) => this.#answer(host, request, response));
    await serve('agent', (request, response) => {
      this.#agentAnswer(host, request, response);
    });
  }

  async #answer(host: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://engine');
    const path = url.pathname.replace(/^\/v[\d.]+/, '');
    const call = `${request.method ?? ''} ${path}`;
    response.setHeader('api-version', '1.41');
    if (request.method !== 'GET') this.writes.push(call);
    const body = request.method === 'POST' ? ((await json(request)) as Readonly<Record<string, unknown>>) : {};
    const [status, answer] = this.#route(host, call, url, body);
    response.statusCode = status;
    response.end(answer === undefined ? '' : JSON.stringify(answer));
  }

  #route(host: string, call: string, url: URL, body: Readonly<Record<string, unknown>>): readonly [number, unknown?] {
    const swarmInfo = { NodeID: host, LocalNodeState: 'active', ControlAvailable: true, Cluster: { ID: 'cluster' } };
    const lists: Readonly<Record<string, unknown>> = {
      'GET /_ping': 'OK',
      'GET /info': { Name: host, Swarm: swarmInfo },
      'GET /nodes': this.nodes,
      'GET /services': this.services,
      'GET /tasks': this.tasks.filter((t) => t.DesiredState === 'running'),
      'GET /configs': this.configs,
      'GET /networks': [],
      'GET /secrets': [],
    };
    if (call in lists) return [200, lists[call]];
    if (call === 'POST /configs/create') return this.#createConfig(body as unknown as StoredConfig['Spec']);
    const [, method, kind, id, verb] = /^(\w+) \/(\w+)\/([^/]+)(\/update)?$/.exec(call) ?? [];
    if (method === 'DELETE' && kind === 'configs') {
      this.configs = this.configs.filter((config) => config.ID !== id);
      return [204];
    }
    const service = this.services.find((found) => found.ID === id || found.Spec.Name === id);
    if (kind !== 'services' || service === undefined) return [404, { message: `${call} is not there` }];
    if (verb === undefined) return [200, service];
    if (Number(url.searchParams.get('version')) !== service.Version.Index)
      return [500, { message: 'rpc error: code = Unknown desc = update out of sequence' }];
    const Spec = body as unknown as ServiceSpec;
    const updated = { ...service, Version: { Index: service.Version.Index + 1 }, PreviousSpec: service.Spec, Spec };
    this.services = this.services.map((other) => (other === service ? updated : other));
    this.onUpdate(updated);
    return [200, { Warnings: null }];
  }

  #createConfig(spec: StoredConfig['Spec']): readonly [number, unknown] {
    this.beforeConfig();
    if (this.configs.some(({ Spec }) => Spec.Name === spec.Name))
      return [409, { message: `rpc error: code = AlreadyExists desc = config ${spec.Name} already exists` }];
    this.configs.push({ ID: `id-${spec.Name}`, CreatedAt: '2026-11-21T10:00:00.000000001Z', Spec: spec });
    return [201, { ID: `id-${spec.Name}` }];
  }

  #agentAnswer(host: string, request: IncomingMessage, response: ServerResponse): void {
    const agent = this.agents.get(host);
    const url = new URL(request.url ?? '', 'http://agent');
    if (url.pathname === '/status') response.end(JSON.stringify(agent?.status));
    else if (url.pathname === '/events') {
      const since = Number(url.searchParams.get('since') ?? 0);
      for (const event of agent?.events ?? []) if (event.seq > since) response.write(`${JSON.stringify(event)}\n`);
      if (url.searchParams.get('follow') === null) response.end();
      else {
        response.flushHeaders();
        agent?.followers.add(response);
      }
    } else response.end('{}');
  }
}

export const task = (ID: string, ServiceID: string, NodeID: string): ObservedTask => ({
  ID,
  ServiceID,
  NodeID,
  DesiredState: 'running',
  Status: { State: 'running' },
});

/** A Ready node whose ID is its name; a manager when it may lead. */
export function node(name: string, leader?: boolean): ObservedNode {
  const manager = { Reachability: 'reachable', Addr: '10.0.0.1:2377', Leader: leader === true } as const;
  return {
    ID: name,
    Version: { Index: 1 },
    Spec: { Labels: {}, Role: leader === undefined ? 'worker' : 'manager', Availability: 'active' },
    Description: { Hostname: name },
    Status: { State: 'ready', Addr: '10.0.0.1' },
    ...(leader !== undefined && { ManagerStatus: manager }),
  };
}

export const replicated = (Name: string, Replicas: number, Labels: Record<string, string> = {}): ServiceSpec => ({
  Name,
  Labels,
  TaskTemplate: { ContainerSpec: { Image: 'web:1' } },
  Mode: { Replicated: { Replicas } },
});

export const event = (seq: number, time: string, more: Partial<AgentEvent> = {}): AgentEvent => ({
  seq,
  time,
  level: 'info',
  kind: 'drift-corrected',
  message: `event ${seq}`,
  source: 'm1',
  ...more,
});

const managerRecord = (name: string): MachineRecord => ({
  schemaVersion: 1,
  id: `0-${name}`,
  name,
  driver: 'fake',
  swarm: 'default',
  role: 'manager',
  phase: 'ready',
  options: {},
  engineSettings: { tls: false, tlsSans: [] },
  driverState: null,
  endpoint: { host: '127.0.0.1', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA' },
  engine: null,
  advertiseAddr: '10.0.0.1',
  nodeId: name,
  createdAt: '2026-11-21T09:00:00.000Z',
});
