import { addAbortListener } from 'node:events';
import type { Duplex } from 'node:stream';
import { finished as streamFinished } from 'node:stream/promises';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import { withDeadline } from '../lib/abort.js';
import { messageOf, SwarmupError } from '../lib/errors.js';
import type { FileTree } from '../lib/file-tree.js';
import { channelStream } from './channel-stream.js';
import { commandOutput } from './command-output.js';
import { withLifeline } from './lifeline.js';
import { limit } from '../lib/limit.js';
import { quote } from '../lib/quote.js';
import { redact } from './redact.js';
import type { ExecOptions, ExecResult, Runner, Shell, ShellOptions, UploadFile } from './runner.js';
import { channelReason, commandError, lostError, sessionError, titleOf, uploadError } from './ssh-errors.js';
import { sftpFiles } from './sftp-files.js';
import { uploadBySftp } from './sftp-upload.js';

/** sshd allows 10 sessions per connection by default (MaxSessions). */
const maxSessions = 8;
const longestRefusalPauseMs = 1000;
const openTimeoutMs = 30_000;

type Exit = Pick<ExecResult, 'exitCode' | 'signal'>;
type Opened<C> = (error: Error | undefined, channel: C) => void;

/** One connection, as its channels need it. */
interface Link {
  readonly client: Client;
  readonly host: string;
  readonly closed: AbortSignal;
  /** Runs `use` when a session is free. `use` must last as long as its channel. */
  readonly inSession: <T>(signal: AbortSignal, use: () => Promise<T>) => Promise<T>;
}

/** The verbs of a Runner over a connected client; `closed` fires with SSH_LOST when the connection goes away. */
export function channelRunner(
  client: Client,
  host: string,
  closed: AbortSignal,
): Omit<Runner, typeof Symbol.asyncDispose> {
  const inTurn = limit(maxSessions);
  const inSession: Link['inSession'] = (signal, use) => inTurn(signal, () => untilAdmitted(signal, use));
  const link: Link = { client, host, closed, inSession };
  return {
    host,
    exec: (command, options = {}) => exec(link, command, options),
    shell: (options) => shell(link, options),
    openSocket: (path, { signal } = {}) =>
      openStream(link, path, signal, (opened) => client.openssh_forwardOutStreamLocal(path, opened)),
    openPort: (port, { signal, address = '127.0.0.1' } = {}) =>
      openStream(link, `port ${port}`, signal, (opened) => client.forwardOut('127.0.0.1', 0, address, port, opened)),
    upload: (files, options = {}) => upload(link, files, options),
    withFiles: (use, { signal = neverAborted } = {}) => withFiles(link, use, signal),
  };
}

/** Opens again for about two seconds: sshd counts a session for a moment after its channel has closed. */
async function untilAdmitted<T>(signal: AbortSignal, open: () => Promise<T>): Promise<T> {
  for (let pauseMs = 10; ; pauseMs *= 2) {
    try {
      return await open();
    } catch (error) {
      const full = error instanceof SwarmupError && error.code === 'SESSION_REFUSED' && error.retryable;
      if (!full || pauseMs > longestRefusalPauseMs) throw error;
    }
    await sleepFor(pauseMs, undefined, { signal });
  }
}

async function exec(link: Link, command: string, options: ExecOptions): Promise<ExecResult> {
  const { host } = link;
  const what = `${titleOf(command, options)} on ${host}`;
  const deadline = { timeoutMs: options.timeoutMs ?? 60_000, signal: options.signal, host, what };
  const result = await withDeadline(deadline, (signal) =>
    link.inSession(signal, () => runCommand(link, command, options, signal)),
  );
  if (options.check !== false && result.exitCode !== 0) throw commandError(host, command, result, options);
  return result;
}

/** Settles when the channel has closed, never before: until then it takes up a session. */
function runCommand(link: Link, command: string, options: ExecOptions, signal: AbortSignal): Promise<ExecResult> {
  const stdin = Buffer.from(options.stdin ?? '');
  const line = quote([...(options.launcher ?? []), ...withLifeline(command, stdin.length)]);
  const onLine = lineReceiver(options, signal);
  const stdout = commandOutput(onLine);
  const stderr = commandOutput(onLine);
  return openChannel(
    link,
    (opened: Opened<ClientChannel>) => link.client.exec(`exec ${line}`, opened),
    (channel, resolve: (result: ExecResult) => void, reject) => {
      closeOnAbort(channel, signal);
      const exit = exitOf(channel);
      channel.on('data', stdout.add);
      channel.stderr.on('data', stderr.add);
      channel.once('close', () => {
        stdout.end();
        stderr.end();
        const ended = exit();
        if (ended === undefined) reject(noExit(link, signal));
        else resolve({ ...ended, stdout: stdout.text(), stderr: stderr.text() });
      });
      // Stays open: its end would end the command (lifeline.ts).
      if (options.launcherStdin !== undefined) channel.write(options.launcherStdin);
      if (stdin.length > 0) channel.write(stdin);
    },
  );
}

function lineReceiver({ onLine, redact: secrets }: ExecOptions, signal: AbortSignal): ExecOptions['onLine'] {
  if (onLine === undefined) return undefined;
  return (line) => {
    // After an abort its caller has gone on.
    if (!signal.aborted) onLine(redact(line, secrets));
  };
}

async function shell(link: Link, options: ShellOptions): Promise<Shell> {
  const { host } = link;
  const deadline = { timeoutMs: openTimeoutMs, signal: options.signal, host, what: `${host} to start a shell` };
  return withDeadline(
    deadline,
    // Once it has started, `signal` fires for the caller's abort only.
    (signal) =>
      new Promise<Shell>((started, reject) => {
        link.inSession(signal, () => runShell(link, options, signal, started)).catch(reject);
      }),
  );
}

/** Hands the shell over as soon as it runs, and lasts until it is over. */
function runShell(link: Link, options: ShellOptions, signal: AbortSignal, started: (s: Shell) => void): Promise<void> {
  const { command, pty } = options;
  const window = pty && { term: pty.term, cols: pty.columns, rows: pty.rows };
  return openChannel(
    link,
    (opened: Opened<ClientChannel>) => {
      if (command === undefined) link.client.shell(window ?? false, opened);
      else link.client.exec(command, window === undefined ? {} : { pty: window }, opened);
    },
    (channel, over: () => void) => {
      closeOnAbort(channel, signal);
      channel.once('close', over);
      const stream = channelStream(channel, () => undefined);
      const finished = shellExit(link, channel, stream, signal);
      // A caller need not wait for it.
      finished.catch(() => undefined);
      started({
        stream,
        stderr: channel.stderr,
        resize: (columns, rows) => {
          channel.setWindow(rows, columns, 0, 0);
        },
        finished,
      });
    },
  );
}

async function shellExit(link: Link, channel: ClientChannel, stream: Duplex, signal: AbortSignal): Promise<Exit> {
  const exit = exitOf(channel);
  await new Promise<void>((resolve) => channel.once('close', resolve));
  // A command may take its closed stdin for a reason to end well.
  signal.throwIfAborted();
  const ended = exit();
  if (ended === undefined) throw noExit(link, signal);
  await streamFinished(stream, { writable: false }).catch(() => undefined);
  // A caller that does not read stderr shall not wait for it either.
  if (channel.stderr.readableFlowing !== null) await streamFinished(channel.stderr).catch(() => undefined);
  return ended;
}

/** A forwarded byte stream; `target` is what the host opens at its end. */
async function openStream(
  link: Link,
  target: string,
  signal: AbortSignal | undefined,
  open: (opened: Opened<ClientChannel>) => void,
): Promise<Duplex> {
  const { host } = link;
  const deadline = { timeoutMs: openTimeoutMs, signal, host, what: `${host} to open ${target}` };
  return withDeadline(deadline, (opening) =>
    openChannel(
      link,
      open,
      (channel, resolve: (stream: Duplex) => void) => {
        const stream = channelStream(channel, () => (link.closed.aborted ? (link.closed.reason as Error) : undefined));
        closeOnAbort(channel, opening);
        resolve(stream);
      },
      (error) =>
        new SwarmupError('SOCKET_UNREACHABLE', `${target} on ${host} cannot be opened: ${channelReason(error)}`, {
          host,
          retryable: true,
          cause: error,
        }),
    ),
  );
}

async function upload(
  link: Link,
  files: readonly UploadFile[],
  options: NonNullable<Parameters<Runner['upload']>[1]>,
): Promise<void> {
  const { host } = link;
  const what = `${files.map((file) => file.path).join(', ')} to be written on ${host}`;
  const deadline = { timeoutMs: options.timeoutMs ?? 60_000, signal: options.signal, host, what };
  await withDeadline(deadline, (signal) => inSftp(link, signal, (sftp) => writeFiles(link, sftp, files, signal)));
}

/** Clean-up after an abort gets so long before the channel is cut. */
const cleanUpMs = 1000;
const neverAborted = new AbortController().signal;

function withFiles<T>(link: Link, use: (files: FileTree) => Promise<T>, signal: AbortSignal): Promise<T> {
  return inSftp(link, signal, (sftp) => {
    const listener = addAbortListener(signal, () => {
      setTimeout(() => {
        sftp.end();
      }, cleanUpMs).unref();
    });
    return use(sftpFiles(sftp, link.host)).finally(() => {
      listener[Symbol.dispose]();
    });
  });
}

/** Runs `use` with an sftp channel, which ends after it. */
function inSftp<T>(link: Link, signal: AbortSignal, use: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
  return link.inSession(signal, () =>
    openChannel(
      link,
      (opened: Opened<SFTPWrapper>) => link.client.sftp(opened),
      (sftp, resolve: (done: T) => void, reject) => {
        // Without a listener it would end the process; a close follows it.
        sftp.on('error', () => undefined);
        // Requests to a closed channel are never answered. After the last one this comes too late to matter.
        sftp.once('close', () => {
          const ended = uploadError(link.host, 'files', 'sftp ended');
          reject(
            link.closed.aborted ? (link.closed.reason as Error) : signal.aborted ? (signal.reason as Error) : ended,
          );
        });
        use(sftp)
          .finally(() => {
            sftp.end();
          })
          .then(resolve, reject);
      },
    ),
  );
}

async function writeFiles(
  link: Link,
  sftp: SFTPWrapper,
  files: readonly UploadFile[],
  signal: AbortSignal,
): Promise<void> {
  for (const file of files)
    try {
      await uploadBySftp(sftp, file, signal);
    } catch (error) {
      signal.throwIfAborted();
      link.closed.throwIfAborted();
      throw uploadError(link.host, file.path, error);
    }
}

/**
 * Opens a channel and puts it to use inside ssh2's callback: events of a short command come before any awaited
 * continuation would run.
 */
function openChannel<C, T>(
  link: Link,
  open: (opened: Opened<C>) => void,
  use: (channel: C, resolve: (value: T) => void, reject: (error: Error) => void) => void,
  refused = (error: Error): Error => sessionError(link.host, error),
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      if (link.closed.aborted) reject(link.closed.reason as Error);
      else reject(refused(error instanceof Error ? error : new Error(messageOf(error))));
    };
    try {
      open((error, channel) => {
        if (error === undefined) use(channel, resolve, reject);
        else fail(error);
      });
    } catch (error) {
      // ssh2 throws when there is no connection.
      fail(error);
    }
  });
}

/** Also when the signal fired while the channel was being opened. */
function closeOnAbort(channel: ClientChannel, signal: AbortSignal): void {
  const listener = addAbortListener(signal, () => {
    channel.close();
    // Unread output must still flow, or the channel never closes.
    channel.resume();
    channel.stderr.resume();
  });
  channel.once('close', () => {
    listener[Symbol.dispose]();
  });
}

/** Watches for the exit status; undefined until there is one. */
function exitOf(channel: ClientChannel): () => Exit | undefined {
  let exit: Exit | undefined;
  channel.once('exit', (exitCode: number | null, signal?: string) => {
    exit = { exitCode, signal: signal ?? null };
  });
  return () => exit;
}

function noExit(link: Link, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason as Error;
  if (link.closed.aborted) return link.closed.reason as Error;
  return lostError(link.host, new Error('a command ended without an exit status'));
}
