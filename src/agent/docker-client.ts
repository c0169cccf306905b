import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { messageOf, SwarmupError } from '../lib/errors.js';

/** An event of the engine, as far as the agent reads it. */
export interface EngineEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string };
}

/** The Docker Engine API on the host's own socket: kept connections, a deadline on every call, little else. */
export interface DockerClient {
  /** Errors: ENGINE_<status> with the engine's message, ENGINE_UNREACHABLE. */
  get<T>(path: string): Promise<T>;
  /** Writes wait longer: the swarm takes about 11 s to refuse a write that it cannot accept. */
  post<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
  /** Follows the events of the swarm; resolves when the stream ends, for any reason. */
  events(onEvent: (event: EngineEvent) => void): Promise<void>;
}

/** The newest API (1.x) this code was written against. */
const newestKnown = 44;
const readMs = 10_000;
const writeMs = 20_000;
/** No real answer is larger; the limit protects the memory of the agent from an endless answer. */
const mostBytes = 64 * 1024 * 1024;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** The answer does not end: the deadline is for its beginning, and it has its own connection. */
  readonly isStream?: boolean;
}

/** Opens a client; when `signal` fires, all that is under way fails. */
export function openDocker(socketPath: string, signal: AbortSignal): DockerClient {
  const connection = { socketPath, agent: new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1 }), signal };
  let version: Promise<string> | undefined;
  const prefix = (): Promise<string> => {
    version ??= ping(connection).catch((error: unknown) => {
      version = undefined;
      throw error;
    });
    return version;
  };
  const call = async <T>(method: string, path: string, timeoutMs: number, body?: unknown): Promise<T> =>
    send(connection, { method, path: `${await prefix()}${path}`, timeoutMs, body }, (response) =>
      readJson<T>(response),
    );
  return {
    get: (path) => call('GET', path, readMs),
    post: (path, body) => call('POST', path, writeMs, body),
    delete: (path) => call('DELETE', path, writeMs),
    events: async (onEvent) => {
      const path = `${await prefix()}/events?${filters({ scope: ['swarm'], type: ['service', 'node', 'config'] })}`;
      const stream = { method: 'GET', path, timeoutMs: readMs, isStream: true };
      await send(connection, stream, (response) => readEvents(response, onEvent));
    },
  };
}

interface Connection {
  readonly socketPath: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

const ping = (connection: Connection): Promise<string> =>
  send(connection, { method: 'GET', path: '/_ping', timeoutMs: readMs }, async (response) => {
    await readText(response);
    const theirs = Number(/^1\.(\d+)$/.exec(String(response.headers['api-version']))?.[1] ?? newestKnown);
    return `/v1.${Math.min(theirs, newestKnown)}`;
  });

function send<T>(
  { socketPath, agent, signal }: Connection,
  { method, path, body, timeoutMs, isStream = false }: Call,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const headers = json !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    };
    const options = { socketPath, agent: isStream ? false : agent, method, path, signal };
    const request = httpRequest({ ...options, ...(headers && { headers }) });
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(error instanceof SwarmupError ? error : unreachable(`${method} ${path.replace(/\?.*/, '')}`, error));
    };
    request.once('error', fail);
    request.once('response', (response) => {
      if (isStream) clearTimeout(timer);
      read(response).then((value) => {
        clearTimeout(timer);
        resolve(value);
      }, fail);
    });
    request.end(json);
  });
}

/** `filters=…` of the list calls. */
export const filters = (filter: Readonly<Record<string, readonly string[]>>): string =>
  `filters=${encodeURIComponent(JSON.stringify(filter))}`;

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const { statusCode = 0 } = response;
  if (statusCode >= 400) throw new SwarmupError(`ENGINE_${statusCode}`, errorText(text));
  return text;
}

const readJson = async <T>(response: IncomingMessage): Promise<T> => {
  const text = await readText(response);
  return (text.trim() === '' ? undefined : JSON.parse(text)) as T;
};

async function readEvents(response: IncomingMessage, onEvent: (event: EngineEvent) => void): Promise<void> {
  if ((response.statusCode ?? 0) >= 400) await readText(response);
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onEvent(JSON.parse(line) as EngineEvent);
  }
}

function errorText(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}

const unreachable = (call: string, error: unknown): SwarmupError =>
  new SwarmupError('ENGINE_UNREACHABLE', `the engine does not answer ${call}: ${messageOf(error)}`, {
    retryable: true,
    cause: error,
  });
