import type { Duplex } from 'node:stream';
import { withDeadline } from '../lib/abort.js';
import { codeOf, SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { quote, sh } from '../lib/quote.js';
import type { ExecOptions, ExecResult, Runner, Shell, ShellOptions, UploadFile } from './runner.js';
import { temporaryBeside } from './sftp-upload.js';
import { commandError } from './ssh-errors.js';

/** In English, so that its refusals are recognised. */
const withoutPassword = ['env', 'LC_ALL=C', 'sudo', '-n', '--'] as const;
/** Reads one line of stdin and not a byte more; -k: always, also when sudo remembers the user. */
const withPassword = ['env', 'LC_ALL=C', 'sudo', '-k', '-S', '-p', '', '--'] as const;

/** Where the passwords for sudo come from; they are kept in memory only. */
export interface SudoPasswords {
  /** undefined: there is no password, or no terminal. `attempt` counts from 0: earlier passwords were wrong. */
  next(user: string, host: string, attempt: number): Promise<string | undefined>;
  /** It was right. */
  accepted(password: string): void;
}

/**
 * The same runner with root's rights: for root the runner itself, for any other user one that uses sudo, with a
 * password if sudo asks for one. Commands, files and the engine's socket behave as root's. Further errors:
 * SUDO_NEEDS_PASSWORD, SUDO_WRONG_PASSWORD, SUDO_DENIED and SUDO_MISSING (all exit 3), with remedies.
 */
export function withSudo<R extends Runner>(runner: R, user: string, passwords?: SudoPasswords): R {
  if (user === 'root') return runner;
  const sudo = sudoOf(runner, user, passwords);
  const exec = (command: string, options: ExecOptions = {}): Promise<ExecResult> => execAsRoot(sudo, command, options);
  return {
    ...runner,
    exec,
    shell: (options: ShellOptions) => shellAsRoot(sudo, options),
    upload: (files, options = {}) => uploadAsRoot(runner, exec, files, options),
    openSocket: socketOpener(sudo, exec),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  } satisfies Runner;
}

type Exec = Runner['exec'];

interface Sudo {
  readonly runner: Runner;
  readonly user: string;
  /** Once it is known. */
  readonly password: () => string | undefined;
  /** Finds the password, once for all callers that wait for it; false: there is no way to find it. */
  readonly unlock: (signal: AbortSignal | undefined) => Promise<boolean>;
}

function sudoOf(runner: Runner, user: string, passwords: SudoPasswords | undefined): Sudo {
  let password: string | undefined;
  let asking: Promise<boolean> | undefined;
  const ask = async (signal: AbortSignal | undefined): Promise<boolean> => {
    for (let attempt = 0; ; attempt++) {
      const candidate = await passwords?.next(user, runner.host, attempt);
      if (candidate === undefined && attempt > 0) throw wrongPassword(runner.host, user);
      if (candidate === undefined) return false;
      if (!(await isRight(runner, user, candidate, signal))) continue;
      passwords?.accepted((password = candidate));
      return true;
    }
  };
  const unlock: Sudo['unlock'] = (signal) =>
    (asking ??= ask(signal).finally(() => {
      asking = undefined;
    }));
  return { runner, user, password: () => password, unlock };
}

/** By a shell, whose stdin can end: else sudo would wait for a second try. */
async function isRight(
  runner: Runner,
  user: string,
  password: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { stream, stderr, finished } = await runner.shell({
    command: `exec ${quote([...withPassword, 'true'])}`,
    signal,
  });
  let said = '';
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  stream.resume();
  stream.end(`${password}\n`);
  const { exitCode } = await finished;
  if (exitCode === 0) return true;
  const refused = refusal(runner.host, user, { exitCode, signal: null, stdout: '', stderr: said });
  if (refused !== undefined && refused.code !== 'SUDO_NEEDS_PASSWORD') throw refused;
  return false;
}

async function execAsRoot(sudo: Sudo, command: string, options: ExecOptions): Promise<ExecResult> {
  const { runner, user } = sudo;
  const run = (): Promise<ExecResult> => {
    const password = sudo.password();
    const launch =
      password === undefined
        ? { launcher: withoutPassword }
        : { launcher: withPassword, launcherStdin: `${password}\n` };
    return runner.exec(command, { ...options, ...launch, check: false });
  };
  let result = await run();
  let refused = refusal(runner.host, user, result);
  // Nothing of the command ran: sudo refuses first.
  if (refused?.code === 'SUDO_NEEDS_PASSWORD' && (await sudo.unlock(options.signal))) {
    result = await run();
    refused = refusal(runner.host, user, result);
  }
  if (refused !== undefined) throw refused;
  if (options.check !== false && result.exitCode !== 0) throw commandError(runner.host, command, result, options);
  return result;
}

function refusal(host: string, user: string, { exitCode, stderr }: ExecResult): SwarmupError | undefined {
  if (exitCode === 127 && /^env: .*\bsudo\b/m.test(stderr))
    return sudoError('SUDO_MISSING', `${host} has no sudo, and user ${user} is not root`, host, [
      `Install sudo on ${host}, or connect as root.`,
    ]);
  if (exitCode !== 1) return undefined;
  const denied =
    /^(?:.*is not in the sudoers file.*|Sorry, user .* (?:not allowed|may not run).*|sudo: sorry, you must.*)$/m.exec(
      stderr,
    );
  if (denied !== null)
    return sudoError('SUDO_DENIED', `user ${user} of ${host} cannot become root: ${denied[0]}`, host, [
      sudoersLine(host, user),
      'Or connect as root.',
    ]);
  const said =
    /^sudo: (?:a (?:password|terminal) is required|interactive authentication|no password was provided|\d+ incorrect password).*$/m.exec(
      stderr,
    );
  if (said === null) return undefined;
  return sudoError('SUDO_NEEDS_PASSWORD', `user ${user} of ${host} cannot become root: ${said[0]}`, host, [
    'Run the command on a terminal, where swarmup asks for the password, or set the password in the environment: SWARMUP_SUDO_PASSWORD',
    sudoersLine(host, user),
    'Or connect as root.',
  ]);
}

function wrongPassword(host: string, user: string): SwarmupError {
  return sudoError('SUDO_WRONG_PASSWORD', `sudo on ${host} refuses the password of user ${user}`, host, [
    `Check the password on ${host}: sudo -k true`,
    'Or connect as root.',
  ]);
}

const sudoError = (code: string, message: string, host: string, hints: readonly string[]): SwarmupError =>
  new SwarmupError(code, message, { host, exitCode: exitCodes.preflight, hints });

const sudoersLine = (host: string, user: string): string =>
  `Or allow sudo without a password on ${host}: echo '${user} ALL=(ALL) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/swarmup && sudo chmod 440 /etc/sudoers.d/swarmup`;

/** undefined: root's login shell. Where there is a terminal sudo asks on it. */
async function shellAsRoot(sudo: Sudo, options: ShellOptions): Promise<Shell> {
  const { command, pty } = options;
  const argv = command === undefined ? ['-i'] : ['--', 'sh', '-c', command];
  if (pty !== undefined && sudo.password() !== undefined)
    return sudo.runner.shell({ ...options, command: `exec ${quote(['sudo', ...argv])}` });
  return passwordShell(sudo, options, argv);
}

/** A command as root with its streams; the first line of its stdin is the password, when there is one. */
async function passwordShell(sudo: Sudo, options: ShellOptions, argv: readonly string[]): Promise<Shell> {
  const password = sudo.password();
  const how = password === undefined ? ['-n'] : ['-k', '-S', '-p', ''];
  const command = `exec ${quote(['env', 'LC_ALL=C', 'sudo', ...how, ...argv])}`;
  const shell = await sudo.runner.shell({ ...options, command });
  if (password !== undefined) shell.stream.write(`${password}\n`);
  return shell;
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
      const staged = files.map((file, index) => ({ ...file, staged: `${folder}/${index}` }));
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
function socketOpener(sudo: Sudo, exec: Exec): Runner['openSocket'] {
  const asRoot = new Set<string>();
  const { runner } = sudo;
  return async (path, options = {}) => {
    if (asRoot.has(path)) return dialAsRoot(sudo, path, options.signal);
    try {
      return await runner.openSocket(path, options);
    } catch (error) {
      if (codeOf(error) !== 'SOCKET_UNREACHABLE' || !(await needsRoot(runner, exec, path, options.signal))) throw error;
    }
    asRoot.add(path);
    return dialAsRoot(sudo, path, options.signal);
  };
}

/** True when the socket is there, but not for this user. */
async function needsRoot(runner: Runner, exec: Exec, path: string, signal: AbortSignal | undefined): Promise<boolean> {
  const asUser = await runner.exec(sh`test -w ${path}`, { signal, check: false });
  if (asUser.exitCode === 0) return false;
  const asRoot = await exec(sh`test -S ${path} && command -v docker`, { signal, check: false });
  return asRoot.exitCode === 0;
}

async function dialAsRoot(sudo: Sudo, path: string, signal: AbortSignal | undefined): Promise<Duplex> {
  const argv = ['--', 'docker', '-H', `unix://${path}`, 'system', 'dial-stdio'];
  const { stream, stderr } = await passwordShell(sudo, { signal }, argv);
  stderr.resume();
  return stream;
}
