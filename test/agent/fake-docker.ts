import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceSpec } from '../../src/swarm/workload.js';
import type { SimulatedSwarm } from './simulated-swarm.js';

interface Fault {
  readonly status: number;
  readonly body: string;
}

/** The Engine API over a simulated swarm, on a unix socket, as far as the agent uses it. */
export interface FakeDocker {
  readonly socket: string;
  /** Node whose engine this is. */
  self: string;
  /** The answer to give instead of the right one. */
  fault: ((method: string, path: string) => Fault | 'silence' | undefined) | undefined;
  /** All writes that came, refused or not: `POST /services/s1/update`. */
  readonly writes: string[];
  /** Tells all who follow the events. */
  emit(type: 'service' | 'node' | 'config', id: string): void;
  close(): Promise<void>;
}

export async function openFakeDocker(swarm: SimulatedSwarm): Promise<FakeDocker> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmup-docker-'));
  const followers = new Set<ServerResponse>();
  const fake: FakeDocker = {
    socket: join(folder, 'docker.sock'),
    self: 'm1',
    fault: undefined,
    writes: [],
    emit(type, id) {
      for (const follower of followers)
        follower.write(`${JSON.stringify({ Type: type, Action: 'update', Actor: { ID: id } })}\n`);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await rm(folder, { recursive: true });
    },
  };
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const path = url.replace(/^\/v1\.\d+/, '');
    const fault = fake.fault?.(method, path);
    if (method !== 'GET') fake.writes.push(`${method} ${path.replace(/\?.*/, '')}`);
    if (fault === 'silence') return;
    if (fault !== undefined) {
      response.writeHead(fault.status).end(fault.body);
      return;
    }
    if (path.startsWith('/events')) {
      response.writeHead(200).flushHeaders();
      followers.add(response);
      return;
    }
    const { status, value } = answer(
      swarm,
      fake.self,
      method,
      path,
      method === 'POST' ? await json(request) : undefined,
    );
    response.writeHead(status, { 'api-version': '1.41' }).end(JSON.stringify(value));
  }
  server.listen(fake.socket);
  await once(server, 'listening');
  return fake;
}

async function json(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return JSON.parse(text);
}

const ok = (value: unknown): Answer => ({ status: 200, value });
const refused = (status: number, message: string): Answer => ({ status, value: { message } });

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

function answer(swarm: SimulatedSwarm, self: string, method: string, path: string, body: unknown): Answer {
  const [, kind = '', id = '', verb = ''] = path.replace(/\?.*/, '').split('/');
  const found = [...swarm.services.values()].find((service) => service.ID === id);
  if (method === 'DELETE' && kind === 'services' && found !== undefined) {
    swarm.remove(found.Spec.Name);
    return ok({});
  }
  if (method === 'POST') return write(swarm, kind, id, Number(/version=(\d+)/.exec(path)?.[1]), body);
  return verb === '' ? read(swarm, self, kind, id) : refused(404, `page not found: ${method} ${path}`);
}

function write(swarm: SimulatedSwarm, kind: string, id: string, version: number, body: unknown): Answer {
  if (kind !== 'services') return refused(404, `page not found: ${kind}`);
  const spec = body as ServiceSpec;
  if (id === 'create') {
    swarm.create(spec);
    return ok({ ID: swarm.services.get(spec.Name)?.ID });
  }
  const service = [...swarm.services.values()].find(({ ID }) => ID === id);
  return service !== undefined && swarm.update(service.Spec.Name, spec, version)
    ? ok({})
    : refused(500, 'rpc error: code = Unknown desc = update out of sequence');
}

function read(swarm: SimulatedSwarm, self: string, kind: string, id: string): Answer {
  const { nodes, services, tasks, desired } = swarm.observe(self);
  const Data = Buffer.from(JSON.stringify(desired.state)).toString('base64');
  const lists: Readonly<Record<string, readonly { readonly ID: string }[]>> = {
    nodes,
    services,
    tasks,
    configs: [{ ID: 'c1', Spec: { Name: 'swarmup.replicas.1', Data } } as { readonly ID: string }],
  };
  if (kind === '_ping') return ok('OK');
  if (kind === 'info')
    return ok({ Name: self, Swarm: { NodeID: self, LocalNodeState: 'active', ControlAvailable: true, Error: '' } });
  if (id === '') return ok(lists[kind]);
  const found = lists[kind]?.find(({ ID }) => ID === id);
  return found === undefined ? refused(404, `${kind} ${id} not found`) : ok(found);
}
