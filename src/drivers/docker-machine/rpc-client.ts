import { on } from 'node:events';
import { connect, type Socket } from 'node:net';
import { withDeadline } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { gobDecoder } from './gob-decode.js';
import { gobEncoder } from './gob-encode.js';
import { gob, gobError, type GobStruct, type GobType } from './gob-types.js';

/** A connection to a server of Go's net/rpc. Calls run at the same time; answers come in any order. */
export interface RpcClient {
  /**
   * Errors: PLUGIN_ERROR with the text that the method returned; PLUGIN_LOST if the connection ends, for this call and
   * all later ones; TIMEOUT; the abort reason. An aborted call continues in the server.
   */
  call(method: string, argument: RpcArgument, options: RpcCallOptions): Promise<unknown>;
  close(): void;
}

export interface RpcArgument {
  readonly type: GobType;
  readonly value: unknown;
}

interface RpcCallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The argument of methods without parameters: Go's `struct{}`. */
export const noArgument: RpcArgument = { type: { kind: 'struct', name: '', fields: [] }, value: {} };

/** Source: net/rpc/server.go. */
const requestType: GobStruct = {
  kind: 'struct',
  name: 'Request',
  fields: [
    ['ServiceMethod', gob.string],
    ['Seq', gob.uint],
  ],
};

/** Fields that are zero are not on the wire. */
interface Response {
  readonly Seq?: number;
  readonly Error?: string;
}

interface Pending {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Connects to `address` (`127.0.0.1:40000`) and switches to net/rpc as its DialHTTP does; gob goes both ways then.
 * `what` names the server in errors. Errors: PLUGIN_LOST; GOB_INVALID for a server of another kind; TIMEOUT.
 */
export async function connectRpc(address: string, what: string, options: RpcCallOptions): Promise<RpcClient> {
  const colon = address.lastIndexOf(':');
  const socket = connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  const deadline = { ...options, what: `${what} to answer on ${address}` };
  try {
    const rest = await withDeadline(deadline, (signal) => switchToRpc(socket, what, signal));
    return rpcClient(socket, what, rest);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Source: net/rpc/client.go, `DialHTTPPath`. Resolves to what came after the answer. */
async function switchToRpc(socket: Socket, what: string, signal: AbortSignal): Promise<Buffer> {
  socket.write('CONNECT /_goRPC_ HTTP/1.0\n\n');
  let received = Buffer.alloc(0);
  try {
    for await (const [bytes] of on(socket, 'data', { signal, close: ['close'] }) as AsyncIterable<[Buffer]>) {
      received = Buffer.concat([received, bytes]);
      const end = received.indexOf('\n\n');
      if (end < 0 && received.length < maxGreetingBytes) continue;
      const greeting = received.toString('latin1');
      if (greeting.startsWith('HTTP/1.0 200 Connected to Go RPC')) return received.subarray(end + 2);
      throw gobError(`${JSON.stringify(greeting.slice(0, 80))} instead of a greeting`);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SwarmupError ? error : lost(what, error);
  }
  throw lost(what);
}

const maxGreetingBytes = 1024;

function rpcClient(socket: Socket, what: string, first: Buffer): RpcClient {
  const encoder = gobEncoder();
  const decoder = gobDecoder();
  const pending = new Map<number, Pending>();
  let nextSeq = 0;
  let ended: Error | undefined;
  let header: Response | undefined;

  const end = (error: Error): void => {
    ended ??= error;
    socket.destroy();
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  };
  const settle = ({ Seq = 0, Error: error = '' }: Response, body: unknown): void => {
    const call = pending.get(Seq);
    pending.delete(Seq);
    if (error === '') call?.resolve(body);
    else call?.reject(new SwarmupError('PLUGIN_ERROR', error));
  };
  const receive = (bytes: Buffer): void => {
    try {
      decoder.feed(bytes);
      for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
        if (header === undefined) header = next.value as Response;
        else {
          const answered = header;
          header = undefined;
          settle(answered, next.value);
        }
      }
    } catch (error) {
      end(error as Error);
    }
  };
  socket.on('data', receive);
  socket.on('error', (error) => {
    end(lost(what, error));
  });
  socket.on('close', () => {
    end(lost(what));
  });
  receive(first);

  const send = (method: string, { type, value }: RpcArgument): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) throw ended;
      const seq = nextSeq++;
      const request = encoder.encode(requestType, { ServiceMethod: method, Seq: seq });
      pending.set(seq, { resolve, reject });
      socket.write(Buffer.concat([request, encoder.encode(type, value)]));
    });

  return {
    call: (method, argument, options) =>
      withDeadline({ ...options, what: `${what} to answer ${method}` }, () => send(method, argument)),
    close: () => {
      end(lost(what, new Error('the connection was closed')));
    },
  };
}

function lost(what: string, cause?: unknown): SwarmupError {
  const why = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new SwarmupError('PLUGIN_LOST', `the connection to ${what} ended${why}`, {
    ...(cause !== undefined && { cause }),
  });
}
