import { readFile } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import { codeOf, messageOf, SwarmupError, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { SshAddress, SshCredentials, SshHop, SshLogin } from '../lib/ssh-login.js';
import type { HostKey } from './host-key.js';
import { hostKeyJudge, type HostKeyJudge, type JudgedHost, keysOfFile } from './host-key-judge.js';
import { readKnownKeys } from './known-hosts.js';
import { limit } from '../lib/limit.js';
import { loadLoginKeys, openKey } from './login-keys.js';
import type { Connection } from './runner.js';
import { connectSsh } from './ssh-runner.js';

/** Questions that only the user can answer. undefined: there is no terminal. */
export interface LoginDialogue {
  passphrase(path: string, wasWrong: boolean, signal: AbortSignal): Promise<string | undefined>;
  acceptHostKey(where: JudgedHost, shown: HostKey, signal: AbortSignal): Promise<boolean | undefined>;
  sudoPassword(user: string, host: string, wasWrong: boolean, signal: AbortSignal): Promise<string | undefined>;
}

/** The rule for keys of hosts that are not known yet, in addition to each host's own policy. */
export interface HostKeyTrust {
  /** Accept unknown ones, never changed ones. */
  readonly acceptNew?: boolean;
  /** A file with the keys of the hosts: no other is accepted, and known_hosts is not asked. */
  readonly file?: string;
}

export interface LoginRequest {
  readonly name: string;
  readonly address: SshAddress & { readonly login: SshLogin };
  /** undefined: this is the first login. */
  readonly hostKey?: string | undefined;
  readonly trust?: HostKeyTrust | undefined;
}

/** A connection, and the address with every host key on the way pinned. */
export interface LoggedIn {
  readonly connection: Connection;
  readonly hostKey: string;
  readonly login: SshLogin;
}

interface LoginSession {
  /**
   * Logs in by the user's own means, through the jump hosts. Questions come one at a time, and each only once.
   * Errors: those of `connectSsh` (of a jump host they name it), HOST_KEY_UNKNOWN, HOST_KEY_REVOKED,
   * PASSPHRASE_NEEDED, PASSPHRASE_WRONG (all exit 3).
   */
  logIn(request: LoginRequest, signal: AbortSignal): Promise<LoggedIn>;
}

const tries = 3;

/** The logins of one run: what the user answered once is not asked again, and is nowhere but in memory. */
export function loginSession(env: Readonly<Record<string, string | undefined>>, dialogue: LoginDialogue): LoginSession {
  const opened = new Map<string, ParsedKey>();
  const accepted = new Set<string>();
  const inTurn = limit(1);

  const unlock = (path: string, host: string, signal: AbortSignal): Promise<void> =>
    inTurn(signal, async () => {
      for (let asked = 0; !opened.has(path); asked++) {
        const given = asked < tries ? await dialogue.passphrase(path, asked > 0, signal) : undefined;
        if (given === undefined) throw asked === 0 ? passphraseNeeded(path, host) : passphraseWrong(path, host);
        const key = await openKey(path, given);
        if (key !== undefined) opened.set(path, key);
      }
    });

  const confirm = (where: JudgedHost, shown: HostKey, unknown: unknown, signal: AbortSignal): Promise<void> =>
    inTurn(signal, async () => {
      if (accepted.has(acceptedAs(where, shown))) return;
      if ((await dialogue.acceptHostKey(where, shown, signal)) !== true) throw unknown;
      accepted.add(acceptedAs(where, shown));
    });

  const connectHop = async (hop: Hop, over: Connection | undefined, signal: AbortSignal): Promise<Reached> => {
    const judge = hop.hostKey ?? (await judgeFor(hop, (shown) => accepted.has(acceptedAs(hop, shown))));
    for (;;) {
      const { name, host, port, user } = hop;
      const keys = await loadLoginKeys(hop.credentials, { user, env, opened, signal });
      const target = { name, host, port, user, hostKey: judge, privateKey: keys, ...(over !== undefined && { over }) };
      try {
        return { connection: await connectSsh(target, { signal }), hostKey: pinOf(judge) };
      } catch (error) {
        const shown = typeof judge === 'string' ? undefined : judge.shown;
        const [locked] = keys.locked;
        if (codeOf(error) === 'HOST_KEY_UNKNOWN' && shown !== undefined) await confirm(hop, shown, error, signal);
        else if (codeOf(error) === 'SSH_REFUSED' && locked !== undefined) await unlock(locked, name, signal);
        else throw error;
      }
    }
  };

  return {
    async logIn(request, signal) {
      const reached: Reached[] = [];
      try {
        for (const hop of hopsOf(request)) reached.push(await connectHop(hop, reached.at(-1)?.connection, signal));
      } catch (error) {
        await Promise.all(reached.map(({ connection }) => connection[Symbol.asyncDispose]()));
        throw ofHost(error, request.name);
      }
      return loggedIn(request, reached);
    },
  };
}

interface Hop extends JudgedHost {
  readonly user: string;
  readonly credentials: SshCredentials;
  readonly policy: SshHop['policy'];
  readonly hostKey: string | undefined;
  readonly trust: HostKeyTrust;
}

interface Reached {
  readonly connection: Connection;
  readonly hostKey: string;
}

function hopsOf({ name, address, hostKey, trust = {} }: LoginRequest): readonly Hop[] {
  const { login, ...last } = address;
  const jumps = login.jumps.map((jump) => ({
    ...jump,
    name: `jump host ${jump.host} of ${name}`,
    credentials: jump,
    hostKey: jump.hostKey,
    // A file of host keys is about the hosts themselves.
    trust: { acceptNew: trust.acceptNew ?? false },
  }));
  return [...jumps, { ...last, name, credentials: login, policy: login.policy, hostKey, trust }];
}

async function judgeFor(hop: Hop, isAccepted: (shown: HostKey) => boolean): Promise<HostKeyJudge> {
  const { policy, trust } = hop;
  if (trust.file !== undefined)
    return hostKeyJudge(hop, keysOfFile(await readKeyFile(trust.file), hop, trust.file), () => false, trust.file);
  // As in ssh_config(5), HostKeyAlias: an alias is looked up without the port.
  const known = await readKnownKeys(
    policy.knownHosts,
    policy.alias ?? hop.host,
    policy.alias === undefined ? hop.port : 22,
  );
  const all = policy.unknown === 'accept' || trust.acceptNew === true;
  return hostKeyJudge(hop, known, (shown) => all || isAccepted(shown));
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw usageError('HOST_KEY_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`);
  }
}

const acceptedAs = ({ host, port }: JudgedHost, { fingerprint }: HostKey): string => `${host}:${port} ${fingerprint}`;

function pinOf(judge: string | HostKeyJudge): string {
  if (typeof judge === 'string') return judge;
  const { shown } = judge;
  if (shown === undefined) throw new Error('a connection without a host key');
  return `${shown.type} ${shown.blob.toString('base64')}`;
}

/** The jump hosts are needed as long as the host is. */
function loggedIn({ address: { login } }: LoginRequest, reached: readonly Reached[]): LoggedIn {
  const last = reached.at(-1);
  if (last === undefined) throw new Error('a login without a host');
  const { connection, hostKey } = last;
  const leave = (): void => {
    for (const hop of reached.slice(0, -1).reverse()) void hop.connection[Symbol.asyncDispose]();
  };
  if (connection.closed.aborted) leave();
  connection.closed.addEventListener('abort', leave);
  const jumps = login.jumps.map((jump, i) => ({ ...jump, hostKey: reached[i]?.hostKey ?? '' }));
  return { connection, hostKey, login: { ...login, jumps } };
}

/** What went wrong at a jump host is the trouble of the host behind it. */
function ofHost(error: unknown, host: string): unknown {
  if (!(error instanceof SwarmupError) || error.host === host) return error;
  const { code, message, hints, exitCode, retryable } = error;
  return new SwarmupError(code, message, { host, hints, exitCode, retryable, cause: error });
}

function passphraseNeeded(path: string, host: string): SwarmupError {
  return new SwarmupError(
    'PASSPHRASE_NEEDED',
    `the key ${path} needs its passphrase, and there is no terminal to ask for it`,
    {
      host,
      exitCode: exitCodes.preflight,
      hints: [
        `add the key to the ssh-agent: ssh-add ${path}`,
        'or set the passphrase in the environment: SWARMUP_KEY_PASSPHRASE',
      ],
    },
  );
}

function passphraseWrong(path: string, host: string): SwarmupError {
  return new SwarmupError('PASSPHRASE_WRONG', `the passphrase of ${path} is wrong`, {
    host,
    exitCode: exitCodes.preflight,
    hints: [`check the passphrase: ssh-keygen -y -f ${path}`],
  });
}
