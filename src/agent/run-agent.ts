import { join } from 'node:path';
import { messageOf } from '../lib/errors.js';
import { AgentLoop } from './agent-loop.js';
import { type AgentStatus, cannotServe } from './agent-api.js';
import { openDocker, type DockerClient } from './docker-client.js';
import { EventFile } from './event-file.js';
import { EventRing } from './event-ring.js';
import { HostWatch } from './host-facts.js';
import { readSettings, type AgentSettings } from './limits.js';
import { metricsText } from './metrics.js';
import { serveAgent } from './serve-agent.js';
import type { OwnEngine } from './swarm-view.js';
import { membershipOf } from './watch-members.js';

/** The parts of the process that the agent uses. */
export interface AgentProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Writes one line for the journal. */
  readonly log: (line: string) => void;
  readonly version: string;
  /** Node.js has one if it was started with `--expose-gc`. */
  readonly collectGarbage?: (() => void) | undefined;
  /** Ends the agent. */
  readonly signal: AbortSignal;
}

/** Runs until `signal` fires. Nothing that the engine or a user does ends it. */
export async function runAgent(host: AgentProcess): Promise<void> {
  const { signal, now, collectGarbage } = host;
  const settings = readSettings(host.env);
  const ring = openRing(settings, host.log);
  const docker = openDocker(settings.socket, signal);
  const watch = new HostWatch(now);
  const facts = (engine: OwnEngine) => watch.read(engine);
  const loop = new AgentLoop(docker, settings.limits, ring, {
    now,
    wallClock: Date.now,
    facts,
    collectGarbage,
  });
  ring.push({ level: 'info', kind: 'agent-started', message: `agent ${host.version} started` });
  for (const message of settings.problems) ring.push({ level: 'warning', kind: 'agent-error', message });
  const startedAt = new Date().toISOString();
  const status = (): AgentStatus => statusOf(loop, host.version, startedAt);
  const stopServing = serve(settings.port, signal, ring, {
    status,
    health: () => ({
      state: loop.state,
      lastSyncMs: loop.lastSyncMs,
      ...(loop.message !== '' && { message: loop.message }),
    }),
    metrics: () => metricsText(status(), loop.counters, ring.since(0).length),
    ring,
  });
  const alarm = new Alarm();
  void followEvents(docker, loop, alarm, signal);
  signal.addEventListener('abort', () => {
    alarm.ring();
  });
  while (!signal.aborted) {
    const waitMs = await loop.pass();
    await alarm.wait(waitMs, () => loop.isBackingOff && !signal.aborted);
  }
  stopServing();
}

/**
 * The ring with the events that an earlier agent left in its state directory; each event goes there and to the journal.
 */
function openRing({ ringSize, stateDirectory }: AgentSettings, log: (line: string) => void): EventRing {
  const file = stateDirectory === undefined ? undefined : new EventFile(join(stateDirectory, 'events'), ringSize);
  let trouble: unknown;
  let isTold = false;
  const tried = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      trouble ??= error;
      return undefined;
    }
  };
  const ring = new EventRing(
    ringSize,
    Date.now,
    tried(() => file?.read()),
  );
  ring.follow((event) => {
    log(JSON.stringify(event));
    tried(() => file?.append(event));
    if (trouble === undefined || isTold) return;
    isTold = true;
    ring.push({
      level: 'warning',
      kind: 'agent-error',
      message: `the agent cannot store its events: ${messageOf(trouble)}`,
    });
  });
  return ring;
}

/** A wait that an event cuts short. */
class Alarm {
  #rung = false;
  #wake: () => void = () => undefined;

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  async wait(ms: number, isDeaf: () => boolean): Promise<void> {
    if (this.#rung && !isDeaf()) {
      this.#rung = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        if (isDeaf()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#rung = false;
  }
}

const reconnectMs = 1_000;

/** Keeps the stream of events open; while it is closed, full reads find the missed changes. */
async function followEvents(docker: DockerClient, loop: AgentLoop, alarm: Alarm, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await docker.events((event) => {
        loop.view.note(event);
        alarm.ring();
      });
    } catch {
      // The passes of the loop meet the same engine and report what is wrong with it.
    }
    await new Promise((resolve) => setTimeout(resolve, reconnectMs * (1 + Math.random())));
    loop.resync();
  }
}

const listenAgainMs = 5_000;

function serve(
  port: number,
  signal: AbortSignal,
  ring: EventRing,
  served: Parameters<typeof serveAgent>[0],
): () => void {
  const server = serveAgent(served);
  const listen = (): void => {
    if (!signal.aborted) server.listen(port, '127.0.0.1');
  };
  server.on('error', (error) => {
    ring.push({ level: 'warning', kind: 'agent-error', message: `${cannotServe}: ${messageOf(error)}` });
    setTimeout(listen, listenAgainMs).unref();
  });
  listen();
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

function statusOf(loop: AgentLoop, agentVersion: string, startedAt: string): AgentStatus {
  return {
    agentVersion,
    state: loop.state,
    leaderSince: loop.leaderSince,
    node: loop.nodeName,
    startedAt,
    lastSyncMs: loop.lastSyncMs,
    revision: loop.view.desired.revision,
    managers: membershipOf(loop.view.nodes),
    services: loop.decision.services,
    problems: loop.message === '' ? loop.conditions : [loop.message, ...loop.conditions],
  };
}
