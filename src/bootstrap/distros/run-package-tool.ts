import { setTimeout as sleepFor } from 'node:timers/promises';
import { SwarmupError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { runScript, type RemoteScript } from '../remote-script.js';
import type { PackageTool } from './package-tool.js';
import type { InstallRequest } from './distro.js';

export type ToolRequest = Pick<InstallRequest, 'runner' | 'signal' | 'detail' | 'patience'> & {
  readonly tool: PackageTool;
};

/** Longer than the tools' own wait for a lock (300 s), so that they report the holder of the lock. */
export const installTimeoutMs = 900_000;

interface ToolOptions {
  readonly timeoutMs: number;
  /** Pauses before each further try; default: as the request says. */
  readonly delaysMs?: readonly number[];
  /** A failure for whose output this returns true is ignored (one broken source of several). */
  readonly goOn?: (output: string) => boolean;
  /** Brings the package lists up to date, for a retry. */
  readonly refresh?: () => Promise<unknown>;
}

/**
 * Runs a script of the package tool; repairs and retries what passes by itself. Returns its output.
 * Errors: PACKAGES_LOCKED, ENGINE_INSTALL_FAILED.
 */
export async function runTool(request: ToolRequest, script: RemoteScript, options: ToolOptions): Promise<string> {
  const { runner, signal, detail, patience, tool } = request;
  const delaysMs = options.delaysMs ?? patience.retryDelaysMs;
  const lockedUntilMs = performance.now() + patience.lockWaitMs;
  for (let attempt = 0; ;) {
    const output = await runOnce(request, script, options);
    if (output.succeeded || options.goOn?.(output.text) === true) return output.text;
    const kind = tool.classify(output.text);
    const isLocked = kind === 'locked';
    const waits = isLocked ? performance.now() < lockedUntilMs : kind !== 'other' && attempt < delaysMs.length;
    if (!waits) throw toolFailed(tool, runner.host, script.title, output.text);
    detail(isLocked ? waitingFor(tool, output.text) : `${tool.errorIn(output.text)}; trying again`);
    await sleepFor(isLocked ? patience.lockPollMs : delaysMs[attempt++], undefined, { signal });
    if (kind === 'interrupted') await runScript(runner, tool.repair, { signal, timeoutMs: installTimeoutMs });
    if (kind === 'stale-lists') await options.refresh?.();
  }
}

const waitingFor = ({ lockHolder }: PackageTool, output: string): string =>
  `waiting for ${lockHolder(output) ?? 'another process'}, which holds the package lock`;

async function runOnce(
  { runner, signal, detail, tool }: ToolRequest,
  script: RemoteScript,
  { timeoutMs }: ToolOptions,
): Promise<{ readonly succeeded: boolean; readonly text: string }> {
  const onLine = (line: string): void => {
    const progress = tool.progress(line);
    if (progress !== undefined) detail(progress);
  };
  const { exitCode, stdout, stderr } = await runScript(runner, script, { signal, timeoutMs, check: false, onLine });
  return { succeeded: exitCode === 0, text: `${stdout}\n${stderr}` };
}

/** Details without those that only repeat the one before. */
export function withoutRepeats(detail: (message: string) => void): (message: string) => void {
  let last: string | undefined;
  return (message) => {
    if (message !== last) detail(message);
    last = message;
  };
}

function toolFailed(tool: PackageTool, host: string, title: string, output: string): SwarmupError {
  const holder = tool.lockHolder(output);
  if (tool.classify(output) === 'locked')
    return new SwarmupError(
      'PACKAGES_LOCKED',
      `cannot ${title} on ${host}: ${holder ?? 'another process'} holds the package lock`,
      {
        host,
        retryable: true,
        hints: [
          `wait until the process has ended, or inspect it: ${swarmup`ssh ${host} -- ps aux`}`,
          'then run the same command again',
        ],
      },
    );
  return new SwarmupError('ENGINE_INSTALL_FAILED', `cannot ${title} on ${host}: ${tool.errorIn(output)}`, {
    host,
    hints: [
      `check the package sources of the host: ${swarmup`ssh ${host} -- sudo ${tool.look.split(' ')}`}`,
      'then run the same command again',
    ],
    cause: new Error(output.trim().split('\n').slice(-30).join('\n')),
  });
}
