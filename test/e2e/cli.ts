import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { sweep } from './outer-engine.js';
import type { ProgressEvent } from '../../src/lib/progress-event.js';

const root = join(import.meta.dirname, '..', '..');
const program = join(root, 'bin', 'run.js');
/** Two checkouts may run their tests at once on one engine: each sweeps only what it made itself. */
export const checkout = createHash('sha256').update(root).digest('hex').slice(0, 6);

interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

/** The built CLI with a store and a docker network of its own, so that test files cannot meet each other's hosts. */
export interface Cli {
  readonly home: string;
  readonly network: string;
  readonly env: Readonly<Record<string, string>>;
  /** The same in another working folder. */
  in(cwd: string): Cli;
  /** Runs a command to its end, whatever its exit code is. */
  run(
    args: readonly string[],
    options?: { readonly input?: string | Uint8Array; readonly env?: Record<string, string> },
  ): Promise<CliResult>;
  /** Runs a command with `--json`; its result. Throws with everything it said when it fails. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Runs a command with `--json` and kills it (SIGKILL) at the first event for which `when` is true. Resolves to the event, or undefined when it ended by itself. */
  killAt(args: readonly string[], when: (event: ProgressEvent) => boolean): Promise<ProgressEvent | undefined>;
  /** Starts a command that goes on until it is interrupted. */
  start(args: readonly string[]): RunningCommand;
  /** Runs a command and presses Ctrl-C at the first line on stderr that fits; if asked, once more at the line that answers it. */
  interruptAt(
    args: readonly string[],
    moment: RegExp,
    options?: { readonly twice?: boolean },
  ): Promise<CliResult & { readonly pressed: number }>;
  dispose(): Promise<void>;
}

interface RunningCommand {
  readonly stdout: Readable;
  readonly stderr: Readable;
  interrupt(): void;
  /** SIGKILL. */
  kill(): void;
  /** Its end, whatever its exit code is. */
  readonly done: Promise<CliResult>;
}

/** The words with `--json`, which stands before what is meant for another program. */
export const withJson = (args: readonly string[]): readonly string[] => {
  const end = args.indexOf('--');
  return end === -1 ? [...args, '--json'] : [...args.slice(0, end), '--json', ...args.slice(end)];
};

/** Commands run in `cwd`; default: where the tests do. */
export async function openCli(
  name: string,
  more: Readonly<Record<string, string>> = {},
  cwd: string = process.cwd(),
): Promise<Cli> {
  const home = await mkdtemp(join(tmpdir(), `swarmup-${name}-`));
  const network = `swarmup-${checkout}-${name}`;
  await sweep(network);
  return cliIn({ home, network, env: environment(home, network, more), cwd });
}

const environment = (
  home: string,
  network: string,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({
  SWARMUP_HOME: home,
  SWARMUP_DRIVER: 'docker',
  SWARMUP_DOCKER_NETWORK: network,
  DOCKER_HOST: '',
  DOCKER_MACHINE_NAME: '',
  NO_COLOR: '1',
  ...more,
});

function cliIn(place: Pick<Cli, 'home' | 'network' | 'env'> & { readonly cwd: string }): Cli {
  const { home, network, env, cwd } = place;
  const options = (more: Record<string, string> = {}) => ({ reject: false, cwd, env: { ...env, ...more } }) as const;
  const run: Cli['run'] = async (args, more = {}) => {
    const io = more.input === undefined ? ({ stdin: 'ignore' } as const) : { input: more.input };
    const { stdout, stderr, exitCode } = await execa(process.execPath, [program, ...args], {
      ...options(more.env),
      ...io,
    });
    return { stdout, stderr, exitCode };
  };
  const start: Cli['start'] = (args) => {
    const child = execa(process.execPath, [program, ...args], { ...options(), stdin: 'ignore' });
    return {
      stdout: child.stdout,
      stderr: child.stderr,
      interrupt: () => void child.kill('SIGINT'),
      kill: () => void child.kill('SIGKILL'),
      done: child.then(({ stdout, stderr, exitCode }) => ({ stdout, stderr, exitCode })),
    };
  };
  return {
    home,
    network,
    env,
    in: (other) => cliIn({ ...place, cwd: other }),
    run,
    start,
    async interruptAt(args, moment, { twice = false } = {}) {
      const command = start(args);
      let pressed = 0;
      for await (const line of createInterface({ input: command.stderr })) {
        const isSecond = twice && pressed === 1 && line.includes('press Ctrl-C again');
        if (!isSecond && (pressed > 0 || !moment.test(line))) continue;
        pressed += 1;
        command.interrupt();
      }
      return { ...(await command.done), pressed };
    },
    async json<T>(args: readonly string[]) {
      const result = await run(withJson(args));
      if (result.exitCode !== 0)
        throw new Error(
          `swarmup ${args.join(' ')} ended with ${String(result.exitCode)}\n${result.stdout}\n${result.stderr}`,
        );
      return JSON.parse(result.stdout) as T;
    },
    async killAt(args, when) {
      const command = start(withJson(args));
      let hit: ProgressEvent | undefined;
      for await (const line of createInterface({ input: command.stderr })) {
        const event = parseEvent(line);
        if (hit !== undefined || event === undefined || !when(event)) continue;
        hit = event;
        command.kill();
      }
      await command.done;
      return hit;
    },
    async dispose() {
      await sweep(network);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function parseEvent(line: string): ProgressEvent | undefined {
  try {
    return JSON.parse(line) as ProgressEvent;
  } catch {
    return undefined;
  }
}
