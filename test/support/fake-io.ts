import { PassThrough } from 'node:stream';
import type { CommandIo } from '../../src/cli/command-io.js';

interface FakeIo extends CommandIo {
  /** What was printed, by `print` and `say` or into the streams. */
  readonly out: () => string;
  readonly err: () => string;
  /** Codes of `exit`, in order. */
  readonly exits: readonly number[];
  /** Sends a signal to whoever listens; false: nobody does. */
  readonly interrupt: (name: 'SIGINT' | 'SIGTERM') => boolean;
}

export interface FakeIoOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
  readonly tty?: readonly ('stdin' | 'stdout' | 'stderr')[];
  readonly parent?: string;
  readonly cwd?: string;
}

/** A process for commands to run in: streams in memory, terminals as asked. */
export function fakeIo({ env = {}, platform = 'linux', tty = [], parent, cwd = '/' }: FakeIoOptions = {}): FakeIo {
  const [stdin, stdout, stderr] = [new PassThrough(), terminal(), terminal()];
  const [out, err] = [collected(stdout), collected(stderr)];
  const listeners = new Set<(name: 'SIGINT' | 'SIGTERM') => void>();
  const exits: number[] = [];
  return {
    env,
    platform,
    cwd,
    print: (text) => void stdout.write(text),
    say: (text) => void stderr.write(text),
    isTty: (stream) => tty.includes(stream),
    stdin: Object.assign(stdin, { setRawMode: () => stdin }) as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    parentProgram: () => parent,
    exit: (code) => void exits.push(code),
    out,
    err,
    exits,
    interrupt(name) {
      for (const listener of listeners) listener(name);
      return listeners.size > 0;
    },
  };
}

function terminal(): PassThrough {
  const stream = new PassThrough();
  // Like those of a process, it stays open when a prompt that is piped into it ends.
  return Object.assign(stream, { columns: 80, rows: 24, isTTY: true, end: () => stream });
}

function collected(stream: PassThrough): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => {
    // What was written but not yet emitted counts too.
    const rest = stream.read() as string | null;
    return (text += rest ?? '');
  };
}
