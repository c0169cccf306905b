import { withDeadline } from './abort.js';
import { toolEnvironment, userEnvironment } from './child-environment.js';

export interface ProcessResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Added to what the program inherits. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it inherits: a tool only what is allowed by name (default), a command of the user all but our secrets. */
  readonly inherits?: 'tool' | 'user';
  /** Further names of variables that a tool inherits. */
  readonly alsoInherits?: RegExp;
  /** In a process group of its own, which the terminal's Ctrl-C does not reach; `signal` still ends the program. */
  readonly detached?: boolean;
  /** Called for each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program of this machine: argv only, never through a shell. Resolves also for a non-zero exit. */
export type RunProcess = (file: string, args: readonly string[], options: ProcessOptions) => Promise<ProcessResult>;

/**
 * `RunProcess` with execa, of a process with the environment `env`. Errors: TIMEOUT; ENOENT (`codeOf`) if the program
 * does not exist.
 */
export const processRunner =
  (env: Readonly<Record<string, string | undefined>>): RunProcess =>
  async (file, args, options) => {
    const { execa } = await import('execa');
    const inherited = options.inherits === 'user' ? userEnvironment(env) : toolEnvironment(env, options.alsoInherits);
    return withDeadline(
      { timeoutMs: options.timeoutMs, signal: options.signal, what: `${file} to finish` },
      async (cancelSignal) => {
        const child = execa(file, args, {
          cancelSignal,
          reject: false,
          stripFinalNewline: true,
          ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
          ...(options.cwd !== undefined && { cwd: options.cwd }),
          env: { ...inherited, ...options.env },
          extendEnv: false,
          ...(options.detached === true && { detached: true }),
        });
        if (options.onLine !== undefined)
          for await (const line of child.iterable({ from: 'all' })) options.onLine(line);
        const result = await child;
        if (result instanceof Error && result.exitCode === undefined) throw result;
        return { exitCode: result.exitCode ?? 1, stdout: result.stdout, stderr: result.stderr };
      },
    );
  };
