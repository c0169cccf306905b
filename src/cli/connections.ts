import { SwarmupError } from '../lib/errors.js';
import type { SshAddress } from '../lib/ssh-login.js';
import { swarmup } from '../lib/typed-command.js';
import type { Endpoint, MachineRecord } from '../machine/machine-record.js';
import type { Store } from '../machine/store.js';
import type { ConnectOptions, EnrollOptions } from '../operations/access/context.js';
import { createCommand } from '../operations/access/create-command.js';
import { keyFiles } from '../operations/access/host-keys.js';
import { connectionPool } from '../ssh/connection-pool.js';
import type { HostKeyTrust, LoginDialogue, LoginRequest } from '../ssh/log-in.js';
import { loginSession } from '../ssh/log-in.js';
import type { Connection, Runner, SshTarget } from '../ssh/runner.js';
import { connectSsh } from '../ssh/ssh-runner.js';
import { type SudoPasswords, withSudo } from '../ssh/sudo.js';

export interface Connections {
  /** Everything runs as root: by sudo where ssh does not let root in. */
  asRoot(record: MachineRecord, options?: ConnectOptions): Promise<Runner>;
  /** As the user whom ssh lets in. */
  asUser(record: MachineRecord, options?: ConnectOptions): Promise<Runner>;
  /** See `OperationContext.enroll`. */
  enroll(name: string, address: SshAddress, options?: EnrollOptions): Promise<Enrolled>;
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}

interface Enrolled {
  readonly endpoint: Endpoint;
  /** As root. */
  readonly runner: Runner;
}

interface ConnectionsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dialogue: LoginDialogue;
}

/** By swarmup's own key, or as the record (or a driver) says. */
type Target = SshTarget | (LoginRequest & { readonly byLogin: true });

const nobody: LoginDialogue = {
  passphrase: () => Promise.resolve(undefined),
  acceptHostKey: () => Promise.resolve(undefined),
  sudoPassword: () => Promise.resolve(undefined),
};

/** The kept connections to the hosts of a store. Errors of connecting: those of `OperationContext.connect`. */
export function openConnections(
  store: Store,
  { env, dialogue }: ConnectionsOptions = { env: {}, dialogue: nobody },
): Connections {
  const session = loginSession(env, dialogue);
  const pins = new WeakMap<Connection, Pick<Endpoint, 'hostKey' | 'login'>>();
  const pool = connectionPool<Target>({
    connect: async (target, signal) => {
      if (!('byLogin' in target)) return connectSsh(target, { signal });
      const { connection, hostKey, login } = await session.logIn(target, signal);
      pins.set(connection, { hostKey, login });
      return connection;
    },
  });
  const passwords = sudoPasswords(dialogue);
  const rooted = new WeakMap<Connection, Runner>();
  const rootOn = (connection: Connection, user: string): Runner => {
    const runner = rooted.get(connection) ?? withSudo(connection, user, passwords);
    rooted.set(connection, runner);
    return runner;
  };
  const connect = async (record: MachineRecord, options: ConnectOptions = {}): Promise<Connection> =>
    pool.get(await targetOf(store, record), options);
  return {
    asUser: connect,
    asRoot: async (record, options) => rootOn(await connect(record, options), record.endpoint?.user ?? 'root'),
    async enroll(name, address, options = {}) {
      const connection = await pool.get(firstLogin(name, address, options.trust), options);
      const { host, port, user } = address;
      const endpoint = { host, port, user, ...known(pins.get(connection)) };
      return { endpoint, runner: rootOn(connection, user) };
    },
    drop: (name) => pool.drop(name),
    close: () => pool.close(),
  };
}

async function targetOf(store: Store, { name, endpoint, swarm }: MachineRecord): Promise<Target> {
  if (endpoint?.login !== undefined) {
    const { login, hostKey, ...address } = endpoint;
    return { byLogin: true, name, address: { ...address, login }, hostKey };
  }
  const privateKey = await store.readSecret(name, keyFiles.user);
  if (endpoint !== null && privateKey !== undefined) {
    const { host, port, user, hostKey } = endpoint;
    return { name, host, port, user, hostKey, privateKey };
  }
  const missing = endpoint === null ? 'its creation was not finished' : `its key ${keyFiles.user} is not in the store`;
  throw new SwarmupError('HOST_NOT_READY', `${name} cannot be reached by ssh: ${missing}`, {
    host: name,
    hints: [
      endpoint === null ? `${createCommand(swarm, [name])} resumes it` : `${swarmup`rm ${name}`}, then create it again`,
    ],
  });
}

function firstLogin(name: string, address: SshAddress, trust: HostKeyTrust | undefined): Target {
  const { login } = address;
  if (login === undefined) throw new Error(`the driver of ${name} gives no login data`);
  return { byLogin: true, name, address: { ...address, login }, trust };
}

function known<T>(pinned: T | undefined): T {
  if (pinned === undefined) throw new Error('the connection was not made by a login');
  return pinned;
}

/** One password for all hosts of a run, until a host refuses it: then that host has one of its own. */
export function sudoPasswords(dialogue: LoginDialogue): SudoPasswords {
  const never = new AbortController().signal;
  const tries = 3;
  let last: string | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    next(user, host, attempt) {
      const ask = async (): Promise<string | undefined> => {
        if (attempt === 0 && last !== undefined) return last;
        if (attempt >= tries) return undefined;
        return dialogue.sudoPassword(user, host, attempt > 0, never);
      };
      // Hosts that ask at the same time: the second one tries the answer of the first.
      const answer = turn.then(ask, ask);
      turn = attempt === 0 ? answer.then((given) => (last ??= given)) : answer;
      return answer;
    },
    accepted: (password) => {
      last = password;
    },
  };
}
