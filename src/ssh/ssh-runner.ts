import { addAbortListener, once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { withDeadline } from '../lib/abort.js';
import { SwarmupError } from '../lib/errors.js';
import { channelRunner } from './channel-runner.js';
import { algorithmsFor, type HostKey, hostKeyMismatch, hostKeyOf, parseHostKey } from './host-key.js';
import type { HostKeyJudge } from './host-key-judge.js';
import type { Connection, SshTarget } from './runner.js';
import { connectError, hopError, lostError } from './ssh-errors.js';

interface ConnectSshOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the first packet to the accepted key. Default 10 s. */
  readonly timeoutMs?: number;
  /** After three of these without an answer the connection counts as lost. Default 15 s. */
  readonly keepaliveMs?: number;
}

/**
 * Connects to a host whose key must be the pinned one, or one that its judge accepts; one connection carries
 * everything.
 * An abort ends the attempt and rejects with the signal's reason.
 * Errors: SSH_UNREACHABLE and SSH_REFUSED (both retryable: it may be booting), HOST_KEY_MISMATCH, HOST_KEY_INVALID,
 * SSH_KEY_INVALID; those of the judge.
 */
export async function connectSsh(target: SshTarget, options: ConnectSshOptions = {}): Promise<Connection> {
  options.signal?.throwIfAborted();
  const judge = typeof target.hostKey === 'string' ? pinnedOnly(target, target.hostKey) : target.hostKey;
  // Here and not at the top: ssh2 costs tens of milliseconds, and most commands never connect.
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  const way = await openWay(target, options);
  await handshake(client, target, judge, { ...options, way });
  return openConnection(client, target.name);
}

type Judge = Pick<HostKeyJudge, 'types' | 'judge'>;

function pinnedOnly(target: SshTarget, line: string): Judge {
  const pinned = parseHostKey(line, target.name);
  const isPinned = (shown: HostKey | undefined): boolean => shown?.blob.equals(pinned.blob) === true;
  return {
    types: [pinned.type],
    judge: (shown) => (isPinned(shown) ? undefined : hostKeyMismatch(target, pinned, shown)),
  };
}

/** The bytes between us and the host when they do not go straight there. */
async function openWay(
  target: SshTarget,
  { signal, timeoutMs = 10_000 }: ConnectSshOptions,
): Promise<Duplex | undefined> {
  const { over, host, port } = target;
  if (over === undefined) return undefined;
  try {
    // The signal of this attempt only, else the stream would end with it.
    const opening = { timeoutMs, signal, what: `${over.host} to reach ${host}:${port}`, host: target.name };
    return await withDeadline(opening, () => over.openPort(port, { address: host }));
  } catch (error) {
    signal?.throwIfAborted();
    throw hopError(target, over.host, error);
  }
}

function handshake(
  client: Client,
  target: SshTarget,
  { types, judge }: Judge,
  options: ConnectSshOptions & { readonly way: Duplex | undefined },
): Promise<void> {
  const { way } = options;
  return new Promise<void>((resolve, reject) => {
    let denied: Error | undefined;
    const fail = (cause: unknown): void => {
      client.destroy();
      way?.destroy();
      reject(denied ?? failureOf(target, judge, cause));
    };
    const listener = options.signal && addAbortListener(options.signal, abort);
    function abort(): void {
      denied = options.signal?.reason as Error;
      fail(denied);
    }
    client.once('ready', () => {
      listener?.[Symbol.dispose]();
      client.off('close', closed);
      resolve();
    });
    // ssh2 may report more than one error of a connection; one without a listener would end the process.
    client.on('error', fail);
    client.once('close', closed);
    function closed(): void {
      listener?.[Symbol.dispose]();
      fail(new Error('the host closed the connection'));
    }
    // Small packets must not wait for each other: each command would take 40 ms longer.
    client.once('connect', () => client.setNoDelay(true));
    try {
      client.connect({
        host: target.host,
        port: target.port,
        username: target.user,
        ...(typeof target.privateKey === 'string'
          ? { privateKey: target.privateKey, authHandler: ['publickey'] }
          : { authHandler: [...target.privateKey.methods] }),
        ...(way !== undefined && { sock: way }),
        ...(types.length > 0 && { algorithms: { serverHostKey: types.flatMap(algorithmsFor) as never } }),
        hostVerifier: (blob: Buffer) => {
          denied = judge(hostKeyOf(blob));
          return denied === undefined;
        },
        readyTimeout: options.timeoutMs ?? 10_000,
        keepaliveInterval: options.keepaliveMs ?? 15_000,
        keepaliveCountMax: 3,
      });
    } catch (error) {
      fail(error);
    }
  });
}

function failureOf(target: SshTarget, judge: Judge['judge'], cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : '';
  if (message.includes('no matching host key format')) return judge(undefined) ?? connectError(target, cause);
  if (message.startsWith('Cannot parse privateKey'))
    // Without the cause: a parser's message may quote its input.
    return new SwarmupError('SSH_KEY_INVALID', `the private key for ${target.name} is not an OpenSSH private key`, {
      host: target.name,
    });
  return connectError(target, cause);
}

function openConnection(client: Client, host: string): Connection {
  const closed = new AbortController();
  let cause: unknown;
  client.on('error', (error) => (cause ??= error));
  client.once('close', () => {
    closed.abort(lostError(host, cause));
  });
  return {
    ...channelRunner(client, host, closed.signal),
    closed: closed.signal,
    [Symbol.asyncDispose]: () => close(client, host, closed.signal),
  };
}

/** Says goodbye; a host that does not react is left without. */
async function close(client: Client, host: string, closed: AbortSignal): Promise<void> {
  if (closed.aborted) return;
  const gone = once(client, 'close');
  client.end();
  await withDeadline({ timeoutMs: 1000, what: `${host} to close the connection` }, () => gone).catch(() => undefined);
  client.destroy();
}
