import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { codeOf } from '../lib/errors.js';
import type { Runner, Shell } from '../ssh/runner.js';
import type { CommandIo } from './command-io.js';

interface SessionRequest {
  /** undefined: a login shell. */
  readonly command: string | undefined;
  /** A terminal on the host also for a command. */
  readonly terminal: boolean;
  readonly signal: AbortSignal;
}

/**
 * Connects stdin, stdout and stderr of this process to a command on the host and returns its exit code, as a shell
 * would: 128 + n for a command that signal n ended. A login shell gets a terminal when there is one here.
 * Errors: SSH_LOST when the connection ends before the command does; the abort reason.
 */
export async function runSession(io: CommandIo, runner: Runner, request: SessionRequest): Promise<number> {
  const { command, signal } = request;
  const terminal = request.terminal || (command === undefined && io.isTty('stdin') && io.isTty('stdout'));
  const shell = await runner.shell({
    signal,
    ...(command !== undefined && { command }),
    ...(terminal && { pty: { term: io.env['TERM'] ?? 'xterm', ...windowOf(io) } }),
  });
  const raw = terminal && io.isTty('stdin') ? rawTerminal(io, shell) : undefined;
  try {
    return exitCodeOf(await connectStreams(io, shell));
  } finally {
    raw?.[Symbol.dispose]();
  }
}

async function connectStreams(io: CommandIo, shell: Shell): Promise<Awaited<Shell['finished']>> {
  // A reader that went away (`| head`) ends the command, quietly.
  const readerGone = (error: Error): void => {
    if (codeOf(error) === 'EPIPE') shell.stream.destroy();
    else shell.stream.destroy(error);
  };
  io.stdout.on('error', readerGone);
  // Input that cannot be delivered to a command that has ended is not an error; `finished` reports a lost connection.
  shell.stream.on('error', () => undefined);
  io.stdin.pipe(shell.stream);
  copy(shell.stream, io.stdout);
  copy(shell.stderr, io.stderr);
  try {
    const ended = await shell.finished;
    await Promise.all([written(io.stdout), written(io.stderr)]);
    return ended;
  } finally {
    io.stdin.unpipe(shell.stream);
    io.stdin.pause();
    io.stdout.off('error', readerGone);
  }
}

const copy = (from: Readable, to: NodeJS.WriteStream): void => void from.pipe(to, { end: false });

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });

/** Every key goes to the host, Ctrl-C too, and the host's terminal gets the size of this one. */
function rawTerminal(io: CommandIo, shell: Shell): Disposable {
  const resize = (): void => {
    const { columns, rows } = windowOf(io);
    shell.resize(columns, rows);
  };
  io.stdin.setRawMode(true);
  io.stdout.on('resize', resize);
  return {
    [Symbol.dispose]: () => {
      io.stdin.setRawMode(false);
      io.stdout.off('resize', resize);
    },
  };
}

/** A terminal that does not know its size says 0. */
const windowOf = ({ stdout }: CommandIo): { columns: number; rows: number } => ({
  columns: stdout.columns || 80,
  rows: stdout.rows || 24,
});

/** Source of the names: RFC 4254 §6.10, signals without SIG. */
function exitCodeOf({ exitCode, signal }: Awaited<Shell['finished']>): number {
  if (exitCode !== null) return exitCode;
  const name = `SIG${(signal ?? '').replace(/^SIG/, '')}`;
  const signals: Readonly<Record<string, number>> = constants.signals;
  return 128 + (signals[name] ?? 0);
}
