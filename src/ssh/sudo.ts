import type { Duplex } from 'node:stream';
import { withDeadline } from '../lib/abort.js';
import { codeOf, SwarmupError } from '../lib/errors.js';
import { quote, sh } from './quote.js';
import type { ExecOptions, ExecResult, Runner, ShellOptions, UploadFile } from './runner.js';
import { temporaryBeside } from './sftp-upload.js';
import { commandError } from './ssh-errors.js';

/** In English, so that its refusals are recognised. */
const sudo = ['env', 'LC_ALL=C', 'sudo', '-n', '--'] as const;

/**
 * The same runner with root's rights: for root the runner itself, for any other user one that goes through
 * passwordless sudo. Commands, files and the engine's socket behave as root's.
 * Further errors: SUDO_NEEDS_PASSWORD and SUDO_MISSING, with what to type on the host.
 */
export function withSudo<R extends Runner>(runner: R, user: string): R {
  if (user === 'root') return runner;
  const exec = (command: string, options: ExecOptions = {}): Promise<ExecResult> =>
    execAsRoot(runner, user, command, options);
  return {
    ...runner,
    exec,
    shell: (options: ShellOptions) => runner.shell({ ...options, command: shellCommand(options.command) }),
    upload: (files, options = {}) => uploadAsRoot(runner, exec, files, options),
    openSocket: socketOpener(runner, exec),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  } satisfies Runner;
}

type Exec = Runner['exec'];

async function execAsRoot(runner: Runner, user: string, command: string, options: ExecOptions): Promise<ExecResult> {
  const result = await runner.exec(command, { ...options, launcher: sudo, check: false });
  const refused = refusal(runner.host, user, result);
  if (refused !== undefined) throw refused;
  if (options.check !== false && result.exitCode !== 0) throw commandError(runner.host, command, result, options);
  return result;
}

function refusal(host: string, user: string, { exitCode, stderr }: ExecResult): SwarmupError | undefined {
  if (exitCode === 127 && /^env: .*\bsudo\b/m.test(stderr))
    return new SwarmupError('SUDO_MISSING', `${host} has no sudo, and user ${user} is not root`, {
      host,
      hints: [`Install sudo on ${host}, or connect as root.`],
    });
  const said =
    /^(?:sudo: (?:a (?:password|terminal) is required|interactive authentication|sorry, you must).*|.*is not in the sudoers file.*|Sorry, user .* (?:not allowed|may not run).*)$/m.exec(
      stderr,
    );
  if (exitCode !== 1 || said === null) return undefined;
  return new SwarmupError('SUDO_NEEDS_PASSWORD', `user ${user} of ${host} cannot become root: ${said[0]}`, {
    host,
    hints: [
      `On ${host}: echo '${user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/swarmup && sudo chmod 440 /etc/sudoers.d/swarmup`,
      'Or connect as root.',
    ],
  });
}

/** undefined: root's login shell. */
function shellCommand(command: string | undefined): string {
  return command === undefined ? 'exec sudo -n -i' : `exec ${quote([...sudo, 'sh', '-c', command])}`;
}

/** By a folder that only the user can read, and from there into place in one step for each file. */
async function uploadAsRoot(
  runner: Runner,
  exec: Exec,
  files: readonly UploadFile[],
  options: NonNullable<Parameters<Runner['upload']>[1]>,
): Promise<void> {
  const { host } = runner;
  const what = `${files.map((file) => file.path).join(', ')} to be written on ${host}`;
  await withDeadline({ timeoutMs: options.timeoutMs ?? 60_000, signal: options.signal, host, what }, async (signal) => {
    const { stdout } = await runner.exec('mktemp -d', { signal });
    const folder = stdout.trim();
    try {
      const staged = files.map((file, index) => ({ ...file, staged: `${folder}/${String(index)}` }));
      await runner.upload(
        staged.map(({ staged: path, data }) => ({ path, data, mode: 0o600 })),
        { signal },
      );
      const title = `writing ${files.map((file) => file.path).join(', ')}`;
      await exec(staged.map((file) => installCommand(file.staged, file)).join('\n'), { signal, title });
    } finally {
      // Not with the caller's signal: it may be what brought us here.
      await runner.exec(sh`rm -rf ${folder}`, { timeoutMs: 10_000, check: false }).catch(() => undefined);
    }
  });
}

function installCommand(from: string, { path, mode }: UploadFile): string {
  const temporary = temporaryBeside(path);
  const octal = mode.toString(8);
  return sh`install -m ${octal} ${from} ${temporary} && mv -f ${temporary} ${path} || { rm -f ${temporary}; exit 1; }`;
}

/** Forwards the socket where the user may open it, else lets root's docker carry the stream. */
function socketOpener(runner: Runner, exec: Exec): Runner['openSocket'] {
  const asRoot = new Set<string>();
  return async (path, options = {}) => {
    if (asRoot.has(path)) return dialAsRoot(runner, path, options.signal);
    try {
      return await runner.openSocket(path, options);
    } catch (error) {
      if (codeOf(error) !== 'SOCKET_UNREACHABLE' || !(await needsRoot(runner, exec, path, options.signal))) throw error;
    }
    asRoot.add(path);
    return dialAsRoot(runner, path, options.signal);
  };
}

/** True when the socket is there, but not for this user. */
async function needsRoot(runner: Runner, exec: Exec, path: string, signal: AbortSignal | undefined): Promise<boolean> {
  const asUser = await runner.exec(sh`test -w ${path}`, { signal, check: false });
  if (asUser.exitCode === 0) return false;
  const asRoot = await exec(sh`test -S ${path} && command -v docker`, { signal, check: false });
  return asRoot.exitCode === 0;
}

async function dialAsRoot(runner: Runner, path: string, signal: AbortSignal | undefined): Promise<Duplex> {
  const command = `exec ${quote([...sudo, 'docker', '-H', `unix://${path}`, 'system', 'dial-stdio'])}`;
  const { stream, stderr } = await runner.shell({ command, signal });
  stderr.resume();
  return stream;
}
