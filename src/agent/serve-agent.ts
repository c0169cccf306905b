import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { agentPaths, type AgentEvent, type AgentStatus, type HealthReport } from './agent-api.js';
import type { EventRing } from './event-ring.js';

interface Served {
  readonly status: () => AgentStatus;
  readonly health: () => HealthReport;
  readonly metrics: () => string;
  readonly ring: EventRing;
}

const mostConnections = 16;

/** The agent's HTTP server; the caller makes it listen. */
export function serveAgent(served: Served): Server {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://agent');
    if (request.method !== 'GET') {
      answer(response, 405, 'text/plain', 'only GET\n');
      return;
    }
    switch (url.pathname) {
      case agentPaths.status:
        answerJson(response, 200, served.status());
        return;
      case agentPaths.health:
        answerJson(response, isHealthy(served.health()) ? 200 : 503, served.health());
        return;
      case agentPaths.metrics:
        answer(response, 200, 'text/plain; version=0.0.4; charset=utf-8', served.metrics());
        return;
      case agentPaths.events:
        answerEvents(request, response, served.ring, url.searchParams);
        return;
      default:
        answer(response, 404, 'text/plain', `paths: ${Object.values(agentPaths).join(' ')}\n`);
    }
  });
  server.maxConnections = mostConnections;
  return server;
}

/** An agent that does its work: acting or waiting for its turn. */
const isHealthy = ({ state }: HealthReport): boolean => state === 'leader' || state === 'standby';

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, connection: 'close' });
  response.end(text);
}

const answerJson = (response: ServerResponse, status: number, value: unknown): void => {
  answer(response, status, 'application/json', `${JSON.stringify(value)}\n`);
};

function answerEvents(
  request: IncomingMessage,
  response: ServerResponse,
  ring: EventRing,
  params: URLSearchParams,
): void {
  const since = Number(params.get('since') ?? 0);
  const line = (event: AgentEvent): string => `${JSON.stringify(event)}\n`;
  response.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' });
  response.write(
    ring
      .since(Number.isFinite(since) ? since : 0)
      .map(line)
      .join(''),
  );
  if (params.get('follow') !== '1') {
    response.end();
    return;
  }
  response.flushHeaders();
  const stop = ring.follow((event) => {
    // A reader that does not read must not fill the agent's memory.
    if (response.writableLength > 256 * 1024) response.destroy();
    else response.write(line(event));
  });
  response.once('close', stop);
  request.socket.setTimeout(0);
}
