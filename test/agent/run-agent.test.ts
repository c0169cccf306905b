import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentEvent, AgentStatus } from '../../src/agent/agent-api.js';
import { replicasOf } from '../../src/agent/observation.js';
import { runAgent } from '../../src/agent/run-agent.js';
import { withReplicas } from '../../src/agent/service-change.js';
import { waitFor } from '../../src/lib/abort.js';
import { freePort } from '../support/free-port.js';
import { type FakeDocker, openFakeDocker } from './fake-docker.js';
import { serviceSpec, SimulatedSwarm } from './simulated-swarm.js';

/** The whole agent, in real time, with the Engine API on a socket. */
describe('a running agent', () => {
  let swarm: SimulatedSwarm;
  let docker: FakeDocker;
  let port: number;
  let state: string;
  let stop: AbortController;
  let ended: Promise<void>;
  const lines: string[] = [];

  beforeEach(async () => {
    swarm = new SimulatedSwarm(3, 1);
    swarm.create(serviceSpec('web', 3, { Labels: { 'swarmup.replicas': '3', 'swarmup.replicas.mim': '1' } }));
    docker = await openFakeDocker(swarm);
    port = await freePort();
    state = await mkdtemp(join(tmpdir(), 'swarmup-agent-state-'));
    await start();
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    await docker.close();
    await rm(state, { recursive: true });
  });

  const open = async (path: string): Promise<IncomingMessage> => {
    const [response] = (await once(get({ host: '127.0.0.1', port, path }), 'response')) as [IncomingMessage];
    return response;
  };
  const read = async (path: string): Promise<string> => text(await open(path));
  const status = async (): Promise<AgentStatus> => JSON.parse(await read('/status')) as AgentStatus;
  const events = async (): Promise<readonly AgentEvent[]> =>
    (await read('/events'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AgentEvent);
  const start = async (): Promise<void> => {
    stop = new AbortController();
    ended = runAgent({
      env: {
        SWARMUP_AGENT_SOCKET: docker.socket,
        SWARMUP_AGENT_PORT: String(port),
        STATE_DIRECTORY: state,
        SWARMUP_AGENT_HOLD_MS: '50',
        SWARMUP_AGENT_LEADER_GRACE_MS: '0',
        SWARMUP_AGENT_MOVE_BUDGET: 'lots',
      },
      now: () => performance.now(),
      log: (line) => lines.push(line),
      version: '1.2.3',
      signal: stop.signal,
    });
    await waitFor({ timeoutMs: 10_000, what: 'the agent to lead' }, async () =>
      (await status()).services.length === 1 ? true : undefined,
    );
  };
  const drift = (count: number): void => {
    const service = swarm.services.get('web');
    if (service === undefined) throw new Error('there is no web');
    swarm.update('web', withReplicas(service.Spec, count));
    docker.emit('service', service.ID);
  };
  const corrected = (): Promise<unknown> =>
    waitFor({ timeoutMs: 10_000, what: 'the correction', intervalMs: 20 }, async () => {
      const spec = swarm.services.get('web')?.Spec;
      return spec !== undefined && replicasOf(spec) === 3 ? true : undefined;
    });

  it('corrects what events tell of, and tells of it by all its paths', async () => {
    drift(7);
    await corrected();
    const found = await waitFor({ timeoutMs: 10_000, what: 'its status' }, async () => {
      const now = await status();
      return now.services[0]?.corrections === 1 && now.services[0].state === 'ok' ? now : undefined;
    });
    expect(found).toMatchObject({
      agentVersion: '1.2.3',
      state: 'leader',
      node: 'm1',
      revision: 1,
      managers: { total: 3, reachable: 3, quorum: 2, mayFail: 1 },
      services: [{ name: 'web', declaredBy: 'labels', want: 3, have: 3, corrections: 1 }],
      problems: ['service web: has an unknown label swarmup.replicas.mim'],
    });
    expect((await open('/healthz')).statusCode).toBe(200);
    const metrics = await read('/metrics');
    expect(metrics).toContain('swarmup_agent_leader 1\n');
    expect(metrics).toContain('swarmup_service_wanted{service="web"} 3\n');
    expect(metrics).toContain('swarmup_service_corrections_total{service="web"} 1\n');
    expect(metrics).toMatch(
      /^(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[^}]*\})? [\d.NaN-]+)(\n(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[^}]*\})? [\d.NaN-]+))*\n$/,
    );
    const events = (await read('/events')).trim().split('\n');
    expect(lines).toEqual(expect.arrayContaining(events));
    const parsed = events.map((line) => JSON.parse(line) as AgentEvent);
    expect(parsed.map(({ kind }) => kind)).toEqual([
      'agent-started',
      'agent-error',
      'leader-gained',
      'bad-declaration',
      'drift-corrected',
    ]);
    expect(parsed[1]?.message).toBe('SWARMUP_AGENT_MOVE_BUDGET is lots, not a whole number: the default 10 is used');
    expect(await read(`/events?since=${String(parsed.at(-2)?.seq)}`)).toBe(`${String(events.at(-1))}\n`);
  });

  it('streams events to those who follow', async () => {
    const stream = await open('/events?follow=1&since=9007199254740000');
    stream.setEncoding('utf8');
    const next = once(stream, 'data');
    drift(5);
    const [line] = (await next) as [string];
    expect(JSON.parse(line)).toMatchObject({ kind: 'drift-corrected', service: 'web' });
    stream.destroy();
  });

  it('says that it is not well while the engine does not answer', async () => {
    docker.fault = () => ({ status: 500, body: '{"message":"something broke"}' });
    await waitFor({ timeoutMs: 20_000, what: 'a bad health report' }, async () =>
      (await open('/healthz')).statusCode === 503 ? true : undefined,
    );
    expect(JSON.parse(await read('/healthz'))).toMatchObject({ state: 'error', message: 'something broke' });
    docker.fault = undefined;
    await waitFor({ timeoutMs: 20_000, what: 'a good health report' }, async () =>
      (await open('/healthz')).statusCode === 200 ? true : undefined,
    );
  });

  it('remembers the events of the agent that was here before, and numbers its own after them', async () => {
    drift(7);
    await corrected();
    await waitFor({ timeoutMs: 10_000, what: 'the event' }, async () =>
      (await events()).some(({ kind }) => kind === 'drift-corrected') ? true : undefined,
    );
    const before = await events();
    stop.abort();
    await ended;
    await start();
    const after = await events();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after[before.length]).toMatchObject({ kind: 'agent-started' });
    expect(after.map(({ seq }) => seq)).toEqual(after.map(({ seq }) => seq).toSorted((a, b) => a - b));
  });

  it('does its work where it cannot keep them, and says so once', async () => {
    stop.abort();
    await ended;
    await rm(state, { recursive: true });
    await writeFile(state, '');
    await start();
    drift(7);
    await corrected();
    const told = (await events()).filter(({ message }) => message.startsWith('the agent cannot store its events: '));
    expect(told).toHaveLength(1);
  });

  it('answers nothing else', async () => {
    expect((await open('/')).statusCode).toBe(404);
  });
});
