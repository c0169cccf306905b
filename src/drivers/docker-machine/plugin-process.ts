import { type ChildProcess, spawn } from 'node:child_process';
import { addAbortListener, once } from 'node:events';
import { kill } from 'node:process';
import { createInterface } from 'node:readline';
import { withDeadline } from '../../lib/abort.js';
import { userEnvironment } from '../../lib/child-environment.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';

export interface PluginProcessOptions {
  /** Path of `docker-machine-driver-…`. */
  readonly binary: string;
  /** Name of the driver, as in `--driver`. */
  readonly driver: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** The output of the plugin for the user, line by line. */
  readonly onLine: (line: string) => void;
  /** It only looks: an abort kills it before anything else happens, with all that it started, for nothing is lost. */
  readonly onlyLooks?: boolean;
}

/** A running plugin. It ends by itself 10 s after the last heartbeat, however this process ended. */
interface PluginProcess {
  /** Where its server listens, `127.0.0.1:40000`. */
  readonly address: string;
  /** Why it is not there any more, and the last it said; undefined when it still runs a moment from now. */
  failure(): Promise<SwarmupError | undefined>;
  /** Waits for its end, and brings it about when it takes longer than a moment. */
  reap(): Promise<void>;
}

const startTimeoutMs = 10_000;
const graceMs = 2000;
const keptLines = 5;

/**
 * Starts a plugin and waits until it reports its address. The plugin is not in the process group of this terminal, so
 * Ctrl-C does not end it before it has reported what it made. Source: libmachine/drivers/plugin/localbinary: token and
 * driver's name in the environment, address on stdout. Errors: PLUGIN_BROKEN if it cannot start, ends or reports
 * something else; TIMEOUT; the abort reason.
 */
export async function startPlugin(options: PluginProcessOptions): Promise<PluginProcess> {
  const { binary, driver, env, signal, onLine } = options;
  signal.throwIfAborted();
  const child = spawn(binary, [], {
    env: { ...userEnvironment(env), MACHINE_PLUGIN_TOKEN: '42', MACHINE_PLUGIN_DRIVER_NAME: driver },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (options.onlyLooks === true) {
    const listener = addAbortListener(signal, () => {
      killGroup(child);
    });
    child.once('exit', () => {
      listener[Symbol.dispose]();
    });
  }
  const said: string[] = [];
  const keep = (line: string): void => {
    said.push(line);
    if (said.length > keptLines) said.shift();
  };
  const tell = (line: string): void => {
    keep(line);
    onLine(line);
  };
  createInterface({ input: child.stderr }).on('line', keep);
  const ended = endOf(child);
  const failure = async (): Promise<SwarmupError | undefined> => {
    await isSettled(ended.promise);
    const why = ended.reason();
    return why === undefined ? undefined : broken(binary, why, said);
  };
  const reap = (): Promise<void> => reapChild(child, ended.promise);
  try {
    const address = await withDeadline(
      { timeoutMs: startTimeoutMs, signal, what: `${binary} to report its address` },
      () => firstLine(child, tell, ended.promise),
    );
    if (!/^[\d.]+:\d+$/.test(address ?? ''))
      throw (await failure()) ?? broken(binary, `it reports ${JSON.stringify(address)} instead of its address`, said);
    return { address: address ?? '', failure, reap };
  } catch (error) {
    await reap();
    throw error;
  }
}

interface End {
  readonly promise: Promise<void>;
  readonly reason: () => string | undefined;
}

function endOf(child: ChildProcess): End {
  let reason: string | undefined;
  const promise = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      reason ??= codeOf(error) === 'EACCES' ? 'the file is not executable' : messageOf(error);
      resolve();
    });
    // Not `exit`: the plugin's last output must have been read.
    child.once('close', (code, signal) => {
      reason ??= signal === null ? `it ended with exit code ${String(code)}` : `it was ended by ${signal}`;
      resolve();
    });
  });
  return { promise, reason: () => reason };
}

/** The first line of stdout; undefined when there will be none. Later ones go to `onLine`. */
async function firstLine(
  child: ChildProcess,
  onLine: (line: string) => void,
  ended: Promise<void>,
): Promise<string | undefined> {
  if (child.stdout === null) throw new Error('the plugin has no stdout');
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line').then(([line]: unknown[]) => {
    lines.on('line', onLine);
    return String(line).trim();
  });
  return Promise.race([first, ended.then(() => undefined)]);
}

/** Whether the plugin ends within a moment. */
async function isSettled(ended: Promise<void>): Promise<boolean> {
  return withDeadline({ timeoutMs: graceMs, what: 'the plugin to end' }, () => ended).then(
    () => true,
    () => false,
  );
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

async function reapChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  for (const signal of [undefined, 'SIGTERM', 'SIGKILL'] as const) {
    if (signal !== undefined) child.kill(signal);
    if (await isSettled(ended)) break;
  }
  // A program that it started may have its pipes still: they must not keep this process alive.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function broken(binary: string, why: string, said: readonly string[]): SwarmupError {
  const last = said.length === 0 ? '' : `; it said: ${said.join(' | ')}`;
  return new SwarmupError('PLUGIN_BROKEN', `the driver plugin ${binary} does not work: ${why}${last}`, {
    hints: ['the file must be a docker-machine driver plugin for this system; swarmup runs it as docker-machine did'],
  });
}
