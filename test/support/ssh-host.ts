import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';
import { generateSshKey, type SshKeyPair } from '../../src/ssh/keys.js';
import { lifelineScript } from '../../src/ssh/lifeline.js';
import type { SshTarget } from '../../src/ssh/runner.js';
import { serveFiles } from './sftp-server.js';
import { splitWords } from './split-words.js';

/** A command as it reached the host. */
interface CommandRequest {
  /** What was given to `exec` or `shell`; '' is a login shell. */
  readonly command: string;
  /** True when it came through sudo. */
  readonly asRoot: boolean;
  readonly user: string;
  /** Everything the caller sent on stdin. */
  readonly stdin: () => Promise<string>;
  readonly pty: boolean;
  /** The window, as of the last resize. */
  readonly window: () => { readonly columns: number; readonly rows: number } | undefined;
  /** Fires when the caller closed the channel or the connection went away. */
  readonly closed: AbortSignal;
}

type Output = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/** What a command does. Output as an async iterable is sent piece by piece: a slow command is a generator. */
export interface CommandReply {
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** Default 0. */
  readonly exitCode?: number;
  /** Ended by this signal instead, as in `KILL`. */
  readonly signal?: string;
}

interface CommandHandler {
  /** The whole command, or a part of it by RegExp. The first handler that matches answers. */
  readonly match: string | RegExp;
  /** A function may wait for whatever the test wants; `run-locally` runs it for real, in /bin/sh of this machine. */
  readonly reply: CommandReply | ((request: CommandRequest) => CommandReply | Promise<CommandReply>) | 'run-locally';
}

interface SshHostOptions {
  /** Default `agent1`. */
  readonly name?: string;
  /** Default `root`. */
  readonly user?: string;
  readonly commands?: readonly CommandHandler[];
  /** Unix sockets that can be forwarded, as in `{'/var/run/docker.sock': (stream) => httpServer.emit('connection', stream)}`. */
  readonly sockets?: Readonly<Record<string, (stream: Duplex) => void>>;
  /** Ports of the host's 127.0.0.1 that can be forwarded, in the same way. */
  readonly ports?: Readonly<Record<number, (stream: Duplex) => void>>;
  /** Unix sockets and loopback ports that really are on this machine can be forwarded too. Default false. */
  readonly localSockets?: boolean;
  /** Environment of the commands that run locally, over that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where uploads go: `/` for the real paths of this machine. Default: a temporary folder that stands for `/`. */
  readonly root?: string;
  /** Default: a new one. Give another host's to be the same host again. */
  readonly hostKey?: SshKeyPair;
  /** The private key that is let in; give another host's to be the same host again. Default: a new one. */
  readonly userKey?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** The first so many connections are refused at authentication, as by a host that boots. */
  readonly refuseAuthTimes?: number;
  /** Accepts TCP connections and says nothing. */
  readonly silent?: boolean;
  /** sshd's MaxSessions. Default 10. */
  readonly maxSessions?: number;
}

/** A target whose host key is pinned and whose private key is at hand. */
export type PinnedTarget = SshTarget & { readonly hostKey: string; readonly privateKey: string };

export interface SshHost extends AsyncDisposable {
  /** Where and how `connectSsh` reaches it, with the right key pinned. */
  readonly target: PinnedTarget;
  /** All commands so far, in order. */
  readonly received: readonly CommandRequest[];
  /** TCP connections so far. */
  readonly connections: number;
  /** TCP connections now. */
  readonly openConnections: number;
  /** Most sessions that were open at once on one connection. */
  readonly peakSessions: number;
  /** More handlers, asked before the ones that are there. */
  readonly on: (...handlers: readonly CommandHandler[]) => void;
  /** An uploaded file. */
  readonly readFile: (path: string) => Promise<{ readonly text: string; readonly mode: number }>;
  /** Cuts all connections at once, as a host that loses its power. */
  readonly dropConnections: () => void;
  /** Reads no more of what comes in, but keeps the connections: a host whose cable was pulled. */
  readonly freeze: () => void;
  /** Says goodbye on all connections, as an sshd that is stopped. */
  readonly endConnections: () => void;
  /** Stops it. Throws when there were commands that no handler matched: a test must say what it expects. */
  readonly close: () => Promise<void>;
}

/**
 * A host that is no host: an SSH server in this process, on 127.0.0.1, whose commands are scripted.
 *
 * ```ts
 * await using host = await startSshHost({
 *   commands: [
 *     { match: 'docker version', reply: { stdout: '20.10.24\n' } },
 *     { match: /^apt-get/, reply: async ({ stdin }) => ({ exitCode: 100, stderr: `E: ${await stdin()}` }) },
 *   ],
 * });
 * await using runner = await connectSsh(host.target);
 * expect((await runner.exec('docker version')).stdout).toBe('20.10.24\n');
 * ```
 *
 * Faults: `refuseAuthTimes`, `silent`, `hostKey` (pin another one in the target), a reply that waits for a promise,
 * `dropConnections` and `endConnections` in the middle of one, `close`.
 */
export async function startSshHost(options: SshHostOptions = {}): Promise<SshHost> {
  const name = options.name ?? 'agent1';
  const user = options.user ?? 'root';
  const hostKey = options.hostKey ?? generateSshKey(name);
  const userKey = options.userKey ?? generateSshKey('swarmup').privateKey;
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'swarmup-ssh-host-')));
  const received: CommandRequest[] = [];
  const unexpected: string[] = [];
  let handlers = [...(options.commands ?? [])];
  const sockets = new Set<Socket>();
  const connections = new Set<Connection>();
  const counts = { connections: 0, peakSessions: 0, refusals: options.refuseAuthTimes ?? 0 };

  const handlerOf = (request: CommandRequest): CommandHandler['reply'] => {
    const { command } = request;
    received.push(request);
    const found = handlers.find(({ match }) => (typeof match === 'string' ? match === command : match.test(command)));
    if (found !== undefined) return found.reply;
    unexpected.push(command);
    return { exitCode: 127, stderr: `no handler of the test matches: ${command}\n` };
  };

  const ssh = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (connection) => {
    connections.add(connection);
    connection.on('error', () => undefined);
    connection.once('close', () => connections.delete(connection));
    authenticate(connection, user, userKey, () => counts.refusals-- <= 0);
    let open = 0;
    connection.on('session', (accept, reject) => {
      if (open >= (options.maxSessions ?? 10)) {
        reject();
        return;
      }
      open += 1;
      counts.peakSessions = Math.max(counts.peakSessions, open);
      const session = accept();
      session.once('close', () => (open -= 1));
      serveSession(session, user, handlerOf, options.env);
      session.on('sftp', (acceptSftp) => {
        serveFiles(acceptSftp(), root);
      });
    });
    connection.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
      const serve = options.sockets?.[socketPath];
      if (serve !== undefined) serve(accept());
      else if (options.localSockets === true) forwardLocally({ path: socketPath }, accept, reject);
      else reject();
    });
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const serve = destIP === '127.0.0.1' ? options.ports?.[destPort] : undefined;
      if (serve !== undefined) serve(accept());
      else if (options.localSockets === true) forwardLocally({ host: destIP, port: destPort }, accept, reject);
      else reject();
    });
  });

  const tcp = createServer((socket) => {
    counts.connections += 1;
    // As the client does: or each command would wait 40 ms for a delayed acknowledgement.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    // Read, or the end of the connection would never be seen.
    if (options.silent === true) socket.resume();
    else ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve) => tcp.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;

  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => tcp.close(resolve));
    dropConnections();
    await closed;
    if (options.root === undefined) await rm(root, { recursive: true, force: true });
    if (unexpected.length > 0) throw new Error(`commands that no handler matched:\n${unexpected.join('\n')}`);
  };
  return {
    target: { name, host: '127.0.0.1', port, user, hostKey: hostKey.publicKey, privateKey: userKey },
    received,
    get connections() {
      return counts.connections;
    },
    get openConnections() {
      return sockets.size;
    },
    get peakSessions() {
      return counts.peakSessions;
    },
    on: (...more) => {
      handlers = [...more, ...handlers];
    },
    readFile: async (path) => ({
      text: await readFile(join(root, path), 'utf8'),
      mode: (await stat(join(root, path))).mode & 0o7777,
    }),
    dropConnections,
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    endConnections: () => {
      for (const connection of connections) connection.end();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function authenticate(connection: Connection, user: string, userKey: string, allowed: () => boolean): void {
  const key = ssh2.utils.parseKey(userKey);
  if (key instanceof Error) throw key;
  connection.on('authentication', (context) => {
    const known =
      context.method === 'publickey' && context.username === user && context.key.data.equals(key.getPublicSSH());
    if (!known) context.reject(['publickey']);
    // Asked without a signature first: whether the key would do.
    else if (context.signature === undefined || context.blob === undefined)
      if (allowed()) context.accept();
      else context.reject(['publickey']);
    // ssh2 returns an Error for what it cannot verify.
    else if ((key.verify(context.blob, context.signature, context.hashAlgo) as unknown) === true) context.accept();
    else context.reject(['publickey']);
  });
}

function serveSession(
  session: Session,
  user: string,
  handlerOf: (r: CommandRequest) => CommandHandler['reply'],
  env: SshHostOptions['env'],
): void {
  let window: { columns: number; rows: number } | undefined;
  let pty = false;
  session.on('pty', (accept, _reject, info) => {
    pty = true;
    window = { columns: info.cols, rows: info.rows };
    accept();
  });
  session.on('window-change', (accept, _reject, info) => {
    window = { columns: info.cols, rows: info.rows };
    (accept as (() => void) | undefined)?.();
  });
  const start = (channel: ServerChannel, line: string): void => {
    const { command, asRoot, stdinBytes } = unwrap(line);
    const closed = new AbortController();
    channel.once('close', () => {
      closed.abort();
    });
    const request: CommandRequest = {
      command,
      asRoot,
      user,
      pty,
      window: () => window,
      stdin: () => readStdin(channel, stdinBytes),
      closed: closed.signal,
    };
    const reply = handlerOf(request);
    if (reply === 'run-locally') runLocally(channel, line, env);
    else void answer(channel, request, reply);
  };
  session.on('exec', (accept, _reject, { command }) => {
    start(accept(), command);
  });
  session.on('shell', (accept) => {
    start(accept(), '');
  });
}

/** What the caller asked for, without the lifeline that `exec` puts around it. */
function unwrap(line: string): { command: string; asRoot: boolean; stdinBytes: number | undefined } {
  const words = splitWords(line);
  const asRoot = words.includes('sudo');
  const script = words.indexOf(lifelineScript);
  const command = words[script + 2];
  if (script === -1 || command === undefined) return { command: line, asRoot, stdinBytes: undefined };
  return { command, asRoot, stdinBytes: Number(words[script + 3]) };
}

async function readStdin(channel: ServerChannel, bytes: number | undefined): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (bytes === 0) return '';
  for await (const chunk of channel.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (bytes !== undefined && size >= bytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function answer(
  channel: ServerChannel,
  request: CommandRequest,
  reply: Exclude<CommandHandler['reply'], 'run-locally'>,
): Promise<void> {
  const { stdout, stderr, exitCode, signal } = typeof reply === 'function' ? await reply(request) : reply;
  await Promise.all([send(channel, stdout, request.closed), send(channel.stderr, stderr, request.closed)]);
  if (signal === undefined) channel.exit(exitCode ?? 0);
  else channel.exit(signal, false, '');
  channel.end();
  // What was not read must still flow, or the channel never closes.
  channel.resume();
}

async function send(stream: NodeJS.WritableStream, output: Output | undefined, closed: AbortSignal): Promise<void> {
  if (output === undefined) return;
  const pieces = typeof output === 'string' || output instanceof Uint8Array ? [output] : output;
  for await (const piece of pieces) {
    if (closed.aborted) return;
    stream.write(piece);
  }
}

/** As sshd does it: a session of its own, pipes, and the pipes closed with the channel. */
function runLocally(channel: ServerChannel, line: string, env: SshHostOptions['env']): void {
  const child = spawn('/bin/sh', line === '' ? [] : ['-c', line], {
    detached: true,
    stdio: 'pipe',
    env: { ...process.env, ...env },
  });
  child.stdin.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.on('data', (chunk: Buffer) => channel.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => channel.stderr.write(chunk));
  child.once('close', (exitCode, signal) => {
    if (signal === null) channel.exit(exitCode ?? 0);
    else channel.exit(signal.replace('SIG', ''), false, '');
    channel.end();
  });
  channel.once('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
}

function forwardLocally(to: NetConnectOpts, accept: () => ServerChannel, reject: () => void): void {
  const socket = connect({ ...to, allowHalfOpen: true });
  socket.once('error', reject);
  socket.once('connect', () => {
    const stream = accept();
    stream.pipe(socket).pipe(stream);
    stream.once('close', () => socket.destroy());
  });
}
