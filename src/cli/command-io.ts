import { readFileSync, writeSync } from 'node:fs';
import { codeOf } from '../lib/errors.js';
import { printableOutput } from '../lib/printable.js';

/** The process as the commands see it; tests pass their own. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The working folder. */
  readonly cwd: string;
  /**
   * For the result, and nothing else. A terminal gets no control characters of what others wrote; a file or a pipe gets
   * the text as it is, as with docker and kubectl. Everything is written when this returns; a closed pipe is ignored.
   */
  print(text: string): void;
  /** For everything else: stderr, always without control characters. */
  say(text: string): void;
  /** Whether a person looks at the stream. */
  isTty(stream: 'stdin' | 'stdout' | 'stderr'): boolean;
  /** The streams themselves, for a terminal session, a prompt or the live display; opened at first use. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Calls `listener` at each SIGINT or SIGTERM until the returned function is called. */
  onInterrupt(listener: (name: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Name of the program that started this one, where that is cheap to know. */
  parentProgram(): string | undefined;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The real process. Nothing is opened before it is used: `process.stdout` alone costs milliseconds at start-up. */
export function processIo(): CommandIo {
  return {
    env: process.env,
    platform: process.platform,
    get cwd() {
      return process.cwd();
    },
    print: (text) => {
      const safe = printableOutput(text);
      // Whether it is a terminal is asked only if it matters: the question costs time at start-up.
      writeAll(1, safe !== text && isTty('stdout') ? safe : text);
    },
    say: (text) => {
      writeAll(2, printableOutput(text));
    },
    isTty,
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    onInterrupt(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => void process.off('SIGINT', listener).off('SIGTERM', listener);
    },
    parentProgram,
    exit: (code) => {
      process.exit(code);
    },
  };
}

const descriptors = { stdin: 0, stdout: 1, stderr: 2 } as const;

// Loaded when it is asked: it brings all of node:net with it.
const isTty: CommandIo['isTty'] = (stream) => process.getBuiltinModule('node:tty').isatty(descriptors[stream]);

/**
 * Writes synchronously, so that output is complete even if the process ends next. A reader that has ended (`| head`) is
 * not an error; a slow reader on a non-blocking pipe is waited for.
 */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (codeOf(error) === 'EPIPE') return;
      if (codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Linux only: elsewhere it would take a process to find out. Source: proc(5), /proc/pid/comm. */
function parentProgram(): string | undefined {
  try {
    return readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
