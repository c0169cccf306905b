import { reasonOf } from '../lib/connect-reason.js';
import { messageOf, SwarmupError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import { redact } from './redact.js';
import type { LoginKeys } from './login-keys.js';
import type { ExecOptions, ExecResult, SshTarget } from './runner.js';

/** The error for a connection that could not be made, from what ssh2 or the socket threw. */
export function connectError(target: SshTarget, cause: unknown): SwarmupError {
  const { name, user } = target;
  const address = `${target.host}:${target.port}`;
  if (levelOf(cause) === 'client-authentication')
    // Retryable: while a host boots, sshd answers before the authorized key was written.
    return typeof target.privateKey === 'string'
      ? new SwarmupError('SSH_REFUSED', `${name} (${address}) refused the key of user ${user}`, {
          host: name,
          retryable: true,
          hints: [
            `Check that user ${user} exists on the host and that the authorized_keys of the user contains the public key.`,
          ],
          cause,
        })
      : loginRefused(target, target.privateKey, cause);
  return new SwarmupError('SSH_UNREACHABLE', `no SSH connection to ${name} (${address}): ${reasonOf(cause)}`, {
    host: name,
    retryable: true,
    hints: [`Check that ${name} is running (${swarmup`ls`}) and that nothing blocks ${address}.`],
    cause,
  });
}

function loginRefused(target: SshTarget, { methods, tried }: LoginKeys, cause: unknown): SwarmupError {
  const { name, host, port, user } = target;
  const keys = tried.length === 0 ? 'there is no key to offer' : `keys: ${tried.join(', ')}`;
  const what = methods.length === 0 ? 'wants a key' : 'refused every key';
  return new SwarmupError('SSH_REFUSED', `${name} (${host}:${port}) ${what} for user ${user}; ${keys}`, {
    host: name,
    retryable: methods.length > 0,
    hints: [
      `check that ${user} is the right user, and that one of these keys is in the authorized_keys of the user: ssh-copy-id -p ${port} ${user}@${host}`,
    ],
    cause,
  });
}

/** The error for a host that cannot be reached from the host before it on the way. */
export function hopError({ name, host, port }: SshTarget, hop: string, cause: unknown): SwarmupError {
  const why = messageOf(cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause);
  return new SwarmupError(
    'SSH_UNREACHABLE',
    `no SSH connection to ${name}: ${hop} cannot reach ${host}:${port}: ${why.replace(/^\(SSH\) Channel open failure: /, '')}`,
    {
      host: name,
      retryable: true,
      hints: [
        `check that the address of ${name} is correct as seen from ${hop}, and that AllowTcpForwarding is not off on ${hop}`,
      ],
      cause,
    },
  );
}

/** The error for a connection that went away after it was made. */
export function lostError(host: string, cause?: unknown): SwarmupError {
  const why = cause === undefined ? '' : `: ${reasonOf(cause)}`;
  return new SwarmupError('SSH_LOST', `the SSH connection to ${host} was lost${why}`, { host, retryable: true, cause });
}

/**
 * The error for a session that did not come about though the connection is there; nothing ran. Retryable when the host
 * has too many of them: ssh2 then gives the reason of its SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254 section 5.1).
 */
export function sessionError(host: string, cause: Error): SwarmupError {
  const full = 'reason' in cause;
  return new SwarmupError('SESSION_REFUSED', `${host} refuses an SSH session: ${channelReason(cause)}`, {
    host,
    retryable: full,
    hints: full ? [`MaxSessions in the sshd_config of ${host} should be 10 or more.`] : [],
    cause,
  });
}

/** Why a channel was not opened, in the host's words. */
export function channelReason(cause: Error): string {
  return cause.message.replace(/^\(SSH\) Channel open failure: /, '') || 'no reason given';
}

/** The error for a command whose end was not a zero exit code; the end of its output is the cause. */
export function commandError(
  host: string,
  command: string,
  result: ExecResult,
  options: Pick<ExecOptions, 'title' | 'redact'> = {},
): SwarmupError {
  const said = result.stderr.trim() === '' ? result.stdout : result.stderr;
  // Masked before it is cut: a cut may leave a part of a secret that nothing recognises any more.
  const lines = redact(said, options.redact)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const end = result.exitCode === null ? `was ended by ${result.signal ?? 'a signal'}` : exitText(result.exitCode);
  const last = lines.slice(-3).join(' | ').slice(-500);
  return new SwarmupError(
    'REMOTE_COMMAND_FAILED',
    `${host}: ${titleOf(command, options)} ${end}${last === '' ? '' : `: ${last}`}`,
    { host, ...(lines.length > 3 && { cause: new Error(lines.slice(-40).join('\n')) }) },
  );
}

/** The error for a file that could not be written. */
export function uploadError(host: string, path: string, cause: unknown): SwarmupError {
  return new SwarmupError('REMOTE_COMMAND_FAILED', `${host}: writing ${path} failed: ${messageOf(cause)}`, {
    host,
    cause,
  });
}

/** The name of a command in messages: its title, or the beginning of its first line. */
export function titleOf(command: string, options: Pick<ExecOptions, 'title' | 'redact'> = {}): string {
  if (options.title !== undefined) return options.title;
  const [first = '', ...rest] = redact(command.trim(), options.redact).split('\n');
  return first.length > 60 || rest.length > 0 ? `'${first.slice(0, 60)}…'` : `'${first}'`;
}

function exitText(exitCode: number): string {
  return `failed with exit code ${exitCode}`;
}

function levelOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'level' in cause ? cause.level : undefined;
}
