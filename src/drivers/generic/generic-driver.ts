import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { connect, isIP } from 'node:net';
import { reasonOf } from '../../lib/connect-reason.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { withDeadline } from '../../lib/abort.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Driver, DriverContext, HostDescription, HostStatus } from '../driver.js';
import { genericDeclaration } from './declaration.js';
import type { GenericState } from './generic-state.js';
import { readSshConfig } from './read-ssh-config.js';
import { resolveAddress, surroundings } from './resolve-address.js';

/**
 * The `generic` driver. It makes and removes nothing: core logs in and puts Docker, and what belongs to it, on the host.
 * Errors of `locate` and `create`: ADDRESS_MISSING, SSH_KEY_MISSING (exit 2); those of `resolveAddress`.
 */
export function createGenericDriver(): Driver<GenericState> {
  return {
    ...genericDeclaration,

    async check(context) {
      // The addresses are not known here; `locate` reports the problems of each.
      await readSshConfig(homeOf(context));
      return [{ severity: 'info', code: 'GENERIC', message: 'hosts are reached over SSH', hints: [] }];
    },

    async locate(context, { name }) {
      return describe(await resolve(context, name));
    },

    adopt: (ssh, enginePort) => ({
      options: { 'ip-address': ssh.host, 'ssh-user': ssh.user, 'ssh-port': ssh.port, 'engine-port': enginePort },
      state: { ssh, enginePort },
    }),

    stateFromOutside: async (state) => (await import('./outside-state.js')).genericState(state),

    async create(context, { name }, state) {
      const found = state ?? (await resolve(context, name));
      context.signal.throwIfAborted();
      await context.save(found);
      context.signal.throwIfAborted();
      return describe(found);
    },

    async inspect(context, states) {
      return Promise.all(states.map((state) => observe(context, state)));
    },

    // Core does not ask a driver without power.
    start: () => Promise.reject(noPower('start')),
    stop: () => Promise.reject(noPower('stop')),

    async remove() {
      // Core has removed its own files from the host; the host itself belongs to the user.
    },
  };
}

async function resolve(context: DriverContext, name: string): Promise<GenericState> {
  const { options } = context;
  const text = (key: keyof typeof genericDeclaration.options): string | undefined =>
    typeof options[key] === 'string' && options[key] !== '' ? options[key] : undefined;
  const port = options['ssh-port'];
  const keyFile = text('ssh-key');
  const home = homeOf(context);
  if (keyFile !== undefined) await requireFile(keyFile.replace(/^~(?=\/)/, home));
  const settings = await readSshConfig(home);
  const alias = text('ip-address') ?? aliasOf(settings(name, undefined), name);
  const ssh = resolveAddress(
    { alias, user: text('ssh-user'), keyFile, port: typeof port === 'number' ? port : undefined },
    surroundings(settings, home, context.env),
  );
  return { ssh, enginePort: Number(options['engine-port'] ?? genericDeclaration.options['engine-port'].default) };
}

/** A host whose name is in ~/.ssh/config does not need an address. */
function aliasOf(settings: Readonly<Record<string, unknown>>, name: string): string {
  if (settings['hostname'] !== undefined) return name;
  throw usageError(
    'ADDRESS_MISSING',
    `there is no address for ${name}, and ~/.ssh/config has no HostName for it`,
    `${swarmup`create ${name}=USER@ADDRESS`}, or --generic-ip-address ADDRESS`,
  );
}

async function requireFile(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch {
    throw usageError(
      'SSH_KEY_MISSING',
      `there is no private key in ${path} that can be read`,
      'check --generic-ssh-key',
    );
  }
}

const homeOf = ({ env }: DriverContext): string => env['HOME'] ?? env['USERPROFILE'] ?? homedir();

function describe({ ssh, enginePort }: GenericState): HostDescription {
  return {
    ssh,
    engine: { host: ssh.host, port: enginePort },
    privateAddresses: isIP(ssh.host) === 0 ? [] : [ssh.host],
    engineConfig: { tlsPort: enginePort },
  };
}

const connectTimeoutMs = 5_000;

/** Whether ssh of the host answers; behind jump hosts, whether the first of them does. */
async function observe(context: DriverContext, state: GenericState | undefined): Promise<HostStatus> {
  if (state === undefined) return { state: 'absent', detail: 'the host was not adopted yet' };
  const [nearest = state.ssh] = state.ssh.login.jumps;
  const address = `${nearest.host}:${nearest.port}`;
  try {
    const deadline = { timeoutMs: connectTimeoutMs, signal: context.signal, what: `SSH at ${address} to answer` };
    await withDeadline(deadline, (signal) => answers(nearest, signal));
    return { state: 'running', description: describe(state) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { state: 'error', detail: `SSH at ${address} does not answer: ${reasonOf(error)}` };
  }
}

function answers({ host, port }: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

function noPower(verb: string): SwarmupError {
  return new SwarmupError('NO_POWER', `the driver generic cannot ${verb} a host: it has only SSH access`);
}
