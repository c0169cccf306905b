import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { withDeadline } from './abort.js';
import { codeOf, messageOf, SwarmupError } from './errors.js';

/** Where an engine is reached. */
interface EngineTarget {
  /** Opens one byte stream to the engine's API: an SSH channel, a unix socket, a TLS connection. */
  readonly dial: (signal: AbortSignal) => Promise<Duplex>;
  /** For messages: `the engine of agent1`, `Docker Engine on unix:///var/run/docker.sock`. */
  readonly what: string;
  readonly host?: string;
}

export interface EngineRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is (a tar stream); give `content-type` in `headers`. */
  readonly rawBody?: Readable | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The call is the same in every API version (`/version`): no version is asked for first. */
  readonly unversioned?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** The answer is a stream of JSON lines (pull, build, import): called for each as it comes. */
  readonly onJson?: (line: Readonly<Record<string, unknown>>) => void;
  /** The answer is a stream of bytes (logs): called for each piece as it comes; the call resolves to undefined. */
  readonly onBytes?: (piece: Uint8Array) => void;
}

/** A client of the Docker Engine API. */
export interface EngineClient {
  readonly what: string;
  /** The API version both sides speak, as in `1.41`; asked once. */
  apiVersion(signal?: AbortSignal): Promise<string>;
  /**
   * One call; the answer parsed as JSON, undefined when empty. `path` without the version: `/info`.
   * Errors: ENGINE_<status> with the engine's own message, ENGINE_UNREACHABLE (retryable), TIMEOUT.
   */
  request<T>(method: string, path: string, options?: EngineRequest): Promise<T>;
}

/** The newest API whose answers this code was written against; newer engines still speak it. */
const newestKnown = '1.44';

/**
 * Opens a client; nothing is sent before the first request. One connection per request: channels of an SSH
 * connection are cheap, and no idle stream keeps a process alive.
 * API: Docker Engine API reference, "Versioning" and "Errors".
 */
export function openEngine(target: EngineTarget): EngineClient {
  let negotiated: Promise<string> | undefined;
  const apiVersion = async (signal?: AbortSignal): Promise<string> => {
    negotiated ??= ping(target, signal).catch((error: unknown) => {
      negotiated = undefined;
      throw error;
    });
    return negotiated;
  };
  return {
    what: target.what,
    apiVersion,
    async request<T>(method: string, path: string, options: EngineRequest = {}): Promise<T> {
      const version = options.unversioned === true ? '' : `/v${await apiVersion(options.signal)}`;
      return call(target, method, `${version}${path}${queryString(options.query)}`, options, (response) =>
        readAnswer<T>(response, target, `${method} ${path}`, options),
      );
    },
  };
}

/** `/_ping` needs no version and returns the newest version that the engine supports. */
async function ping(target: EngineTarget, signal: AbortSignal | undefined): Promise<string> {
  return call(target, 'GET', '/_ping', { signal, timeoutMs: 10_000 }, async (response) => {
    await readAnswer(response, target, 'GET /_ping', {}, (text) => text);
    const offered = response.headers['api-version'];
    const theirs = typeof offered === 'string' ? offered : newestKnown;
    return minorOf(theirs) < minorOf(newestKnown) ? theirs : newestKnown;
  });
}

const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0);

async function call<T>(
  target: EngineTarget,
  method: string,
  path: string,
  options: EngineRequest,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const what = `${target.what} to answer ${method} ${path.replace(/^\/v[\d.]+|\?.*/g, '')}`;
  const deadline = { timeoutMs: options.timeoutMs ?? 30_000, signal: options.signal, what, host: target.host };
  return withDeadline(deadline, async (signal) => {
    const stream = await target.dial(signal).catch((error: unknown) => {
      throw unreachable(target, error);
    });
    try {
      return await read(await send(stream, target, method, path, options, signal));
    } finally {
      stream.destroy();
    }
  });
}

function send(
  stream: Duplex,
  target: EngineTarget,
  method: string,
  path: string,
  options: EngineRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const json = options.body === undefined ? undefined : JSON.stringify(options.body);
    const request = httpRequest({
      method,
      path,
      host: 'docker',
      signal,
      createConnection: () => stream,
      headers: {
        connection: 'close',
        ...(json !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }),
        ...options.headers,
      },
    });
    request.once('response', resolve);
    request.once('error', (error) => {
      reject(unreachable(target, error));
    });
    const raw = options.rawBody;
    if (raw === undefined || raw instanceof Uint8Array) {
      request.end(raw ?? json);
      return;
    }
    raw.once('error', (error) => request.destroy(error));
    raw.pipe(request);
  });
}

async function readAnswer<T>(
  response: IncomingMessage,
  target: EngineTarget,
  call: string,
  { onJson, onBytes }: Pick<EngineRequest, 'onJson' | 'onBytes'>,
  parse: (text: string) => unknown = JSON.parse,
): Promise<T> {
  const status = response.statusCode ?? 0;
  let text = '';
  try {
    if (onBytes !== undefined && status < 400) {
      for await (const piece of response as AsyncIterable<Buffer>) onBytes(piece);
      return undefined as T;
    }
    response.setEncoding('utf8');
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk;
      if (onJson !== undefined && status < 400) text = drainJsonLines(text, target, onJson);
    }
  } catch (error) {
    throw error instanceof SwarmupError ? error : unreachable(target, error);
  }
  if (status >= 400) throw engineError(status, errorMessage(text), target, call);
  return (text.trim() === '' ? undefined : parse(text)) as T;
}

/** Hands over the complete lines of `text` and returns the rest. An `error` line is how the engine reports a failure after the status was sent. */
function drainJsonLines(text: string, target: EngineTarget, onJson: NonNullable<EngineRequest['onJson']>): string {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  for (const line of lines.filter((l) => l.trim() !== '')) {
    const value = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof value['error'] === 'string') throw engineError(500, value['error'], target, 'stream');
    onJson(value);
  }
  return rest;
}

function errorMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}

function engineError(status: number, message: string, target: EngineTarget, call: string): SwarmupError {
  return new SwarmupError(`ENGINE_${status}`, `${target.what}: ${message} (${call})`, {
    retryable: status === 503,
    ...(target.host !== undefined && { host: target.host }),
  });
}

function unreachable(target: EngineTarget, cause: unknown): SwarmupError {
  if (cause instanceof SwarmupError) return cause;
  const code = codeOf(cause);
  // Node's HTTP parser names its own error, which does not help a user.
  const why =
    code?.startsWith('HPE_') === true ? 'the program at this address does not speak HTTP' : (code ?? messageOf(cause));
  return new SwarmupError('ENGINE_UNREACHABLE', `${target.what} does not answer: ${why}`, {
    retryable: true,
    cause,
    ...(target.host !== undefined && { host: target.host }),
  });
}

function queryString(query: EngineRequest['query']): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined) params.set(key, String(value));
  return params.size === 0 ? '' : `?${params.toString()}`;
}
