import { codeOf, SwarmupError, usageError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { swarmup } from '../../lib/typed-command.js';
import type { OperationContext } from '../access/context.js';
import type { CopyRequest } from './copy-files.js';
import { type FileLocation, locationText } from './file-location.js';
import { openSshHost } from '../access/openssh-entry.js';

export interface DeltaResult {
  /** What ran, or would run. */
  readonly command: readonly string[];
  readonly dryRun: boolean;
}

const longestMs = 24 * 3600_000;

/**
 * Copies only what differs, by rsync over OpenSSH with the pinned host key. Modes, times and links are kept; files are
 * replaced when they are whole. Errors: RSYNC_MISSING, RSYNC_FAILED, COPY_REFUSED (exit 2) when both sides are hosts.
 */
export async function copyDelta(context: OperationContext, request: CopyRequest): Promise<DeltaResult> {
  const { sources, target, recursive, dryRun } = request;
  const machines = [...new Set([...sources, target].flatMap(({ machine }) => machine ?? []))];
  const [machine, other] = machines;
  if (other !== undefined || (target.machine !== null && sources.some((source) => source.machine !== null)))
    throw usageError(
      'COPY_REFUSED',
      'rsync cannot copy from one host to another',
      'leave out --delta: swarmup then copies through this computer',
    );
  const ssh =
    machine === undefined ? undefined : await openSshHost(context.store, await context.store.require(machine));
  const args = [
    // Partial files stay out of sight, and nothing is read by a shell of the host.
    ...['--links', '--perms', '--times', '--protect-args', '--timeout=60'],
    ...(recursive ? ['--recursive'] : []),
    ...(ssh === undefined ? [] : ['-e', `ssh -F ${shellWord(ssh.configFile)} -o BatchMode=yes`]),
    '--',
    ...[...sources, target].map((place) => rsyncPlace(place, ssh?.alias ?? '')),
  ];
  if (!dryRun) await runRsync(context, args, machine, `rsync to ${locationText(target)}`);
  return { command: ['rsync', ...args], dryRun };
}

async function runRsync(
  context: OperationContext,
  args: readonly string[],
  host: string | undefined,
  title: string,
): Promise<void> {
  context.report({ type: 'info', message: quote(['rsync', ...args]) });
  const { exitCode, stderr } = await context
    .run('rsync', args, { timeoutMs: longestMs, signal: context.signal })
    .catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') throw missing('this computer', undefined);
      throw error;
    });
  if (exitCode === 0) return;
  if (/rsync: (?:command )?not found|rsync: No such file/i.test(stderr)) throw missing(host ?? 'the host', host);
  if (/(?:exec|run) ssh|ssh: not found/i.test(stderr)) throw noSsh();
  const said = stderr.split('\n').filter((line) => line.trim() !== '');
  throw new SwarmupError('RSYNC_FAILED', `${title} failed: ${said.slice(0, 3).join(' | ')}`, {
    ...(host !== undefined && { host }),
  });
}

function missing(where: string, host: string | undefined): Error {
  const install = host === undefined ? 'apt-get install rsync' : swarmup`ssh ${host} -- sudo apt-get install -y rsync`;
  return new SwarmupError('RSYNC_MISSING', `rsync is not installed on ${where}, and --delta needs it on both sides`, {
    hints: [`install it, for example: ${install}`, 'or leave out --delta'],
    ...(host !== undefined && { host }),
  });
}

const noSsh = (): Error =>
  new SwarmupError('SSH_MISSING', 'rsync found no ssh program on this computer', {
    hints: ['install it, for example: apt-get install openssh-client', 'or leave out --delta'],
  });

function rsyncPlace({ machine, user, path }: FileLocation, alias: string): string {
  // A colon in a name, or a leading dash, would be read as something else.
  if (machine === null) return /^[./]/.test(path) ? path : `./${path}`;
  return `${user === undefined ? '' : `${user}@`}${alias}:${path}`;
}

/** rsync splits what follows -e at spaces, and knows quotes but no backslash. */
const shellWord = (word: string): string => (word.includes('"') ? `'${word}'` : `"${word}"`);
