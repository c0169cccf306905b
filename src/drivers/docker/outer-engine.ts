import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type EngineClient, openEngine } from '../../lib/engine-client.js';
import { codeOf, messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DriverContext } from '../driver.js';
import { dockerOptions } from './docker-state.js';

type Env = DriverContext['env'];

/**
 * The engine that runs the hosts, in the docker CLI's own order: our option, DOCKER_HOST, the docker context, the
 * local socket. DOCKER_HOST is ignored beside DOCKER_MACHINE_NAME: then it came from `swarmup env` and points into
 * one of our hosts. Errors: DOCKER_CONTEXT_UNREADABLE, DOCKER_ENDPOINT_UNSUPPORTED, DOCKER_ENDPOINT_PLAIN (exit 3).
 */
export async function outerEndpoint(context: Pick<DriverContext, 'options' | 'env'>): Promise<string> {
  const endpoint = await foundEndpoint(context);
  if (isPlainRemote(endpoint) && !dockerOptions(context.options).plainTcp) throw plainTcp(endpoint);
  return endpoint;
}

async function foundEndpoint(context: Pick<DriverContext, 'options' | 'env'>): Promise<string> {
  const { host } = dockerOptions(context.options);
  if (host !== undefined) return host;
  const { DOCKER_HOST: fromEnv, DOCKER_MACHINE_NAME: active } = context.env;
  if (isSet(fromEnv) && !isSet(active)) {
    if (fromEnv.startsWith('tcp:') && isSet(context.env['DOCKER_TLS_VERIFY'])) throw unsupported(`${fromEnv} with TLS`);
    return fromEnv;
  }
  return (await contextEndpoint(context.env)) ?? (await localEndpoint(context.env));
}

/** The keys of hosts would cross a network as they are. */
function isPlainRemote(endpoint: string): boolean {
  const host = connectOptions(endpoint) as { readonly host?: string } | undefined;
  return host?.host !== undefined && host.host !== 'localhost' && !isLoopback(host.host);
}

const isLoopback = (address: string): boolean =>
  address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));

function plainTcp(endpoint: string): SwarmupError {
  return new SwarmupError(
    'DOCKER_ENDPOINT_PLAIN',
    `the engine on ${endpoint} is on another computer and without TLS, so the private keys of the hosts would cross the network in the clear`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        'forward its socket over SSH: ssh -N -L /tmp/docker.sock:/var/run/docker.sock USER@COMPUTER, then --docker-host unix:///tmp/docker.sock',
        'or accept it in a network that you trust: --docker-plain-tcp',
      ],
    },
  );
}

/** A client of an engine. Errors of its calls: DOCKER_UNREACHABLE (exit 3), DOCKER_ENDPOINT_UNSUPPORTED (exit 3). */
export function openOuterEngine(endpoint: string): EngineClient {
  return openEngine({ what: `Docker Engine on ${endpoint}`, dial: (signal) => dial(endpoint, signal) });
}

/** Path of the socket of a local engine; undefined for one that is reached over the network. */
export function socketPath(endpoint: string): string | undefined {
  return /^(?:unix|npipe):\/\/(.+)$/.exec(endpoint)?.[1];
}

function dial(endpoint: string, signal: AbortSignal): Promise<Duplex> {
  const target = connectOptions(endpoint);
  if (target === undefined) return Promise.reject(unsupported(endpoint));
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ ...target, signal } as NetConnectOpts);
    socket.once('error', (error) => {
      reject(signal.aborted ? error : unreachable(endpoint, error));
    });
    socket.once('connect', () => {
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function connectOptions(endpoint: string): NetConnectOpts | undefined {
  const path = socketPath(endpoint);
  if (path !== undefined) return { path };
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'tcp:' || url.hostname === '') return undefined;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? 2375 : url.port) };
}

/** Docker contexts: ~/.docker/config.json names the current one, contexts/meta/<sha256 of its name>/meta.json holds it. */
async function contextEndpoint(env: Env): Promise<string | undefined> {
  const folder = isSet(env['DOCKER_CONFIG']) ? env['DOCKER_CONFIG'] : join(home(env), '.docker');
  const config = await readJson<{ currentContext?: string }>(join(folder, 'config.json'));
  const name = isSet(env['DOCKER_CONTEXT']) ? env['DOCKER_CONTEXT'] : config?.currentContext;
  if (!isSet(name) || name === 'default') return undefined;
  const file = join(folder, 'contexts', 'meta', createHash('sha256').update(name).digest('hex'), 'meta.json');
  const meta = await readJson<{ Endpoints?: { docker?: { Host?: string } } }>(file);
  const host = meta?.Endpoints?.docker?.Host;
  if (isSet(host)) return host;
  throw new SwarmupError(
    'DOCKER_CONTEXT_UNREADABLE',
    `the docker context '${name}' does not name an engine (${file})`,
    {
      exitCode: exitCodes.preflight,
      hints: ['docker context ls shows the contexts', 'run docker context use default, or use --docker-host'],
    },
  );
}

/** Docker Desktop puts its socket into the home folder, and the usual one only when it is asked to. */
async function localEndpoint(env: Env): Promise<string> {
  if (platform() === 'win32') return 'npipe:////./pipe/docker_engine';
  const usual = '/var/run/docker.sock';
  const desktop = join(home(env), '.docker', 'run', 'docker.sock');
  return `unix://${!(await exists(usual)) && (await exists(desktop)) ? desktop : usual}`;
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new SwarmupError('DOCKER_CONTEXT_UNREADABLE', `cannot read ${file}: ${messageOf(error)}`, {
      exitCode: exitCodes.preflight,
      hints: ['use --docker-host to ignore the docker context'],
      cause: error,
    });
  }
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';
const home = (env: Env): string => env['HOME'] ?? homedir();
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function unsupported(endpoint: string): SwarmupError {
  return new SwarmupError('DOCKER_ENDPOINT_UNSUPPORTED', `the docker driver cannot use an engine on '${endpoint}'`, {
    exitCode: exitCodes.preflight,
    hints: ['use a unix:// address, or tcp:// of this computer: --docker-host unix:///var/run/docker.sock'],
  });
}

function unreachable(endpoint: string, cause: Error): SwarmupError {
  const reasons: Readonly<Record<string, readonly [string, ...string[]]>> = {
    ENOENT: ['the socket does not exist', 'start Docker Engine, or run script/quickstart to install and start it'],
    ECONNREFUSED: ['nothing answers at this address', 'start Docker Engine, or run script/quickstart to start it'],
    EACCES: ['permission denied', 'join the group of the socket and log in again: sudo usermod -aG docker "$USER"'],
  };
  const [why, ...hints] = reasons[codeOf(cause) ?? ''] ?? [messageOf(cause)];
  return new SwarmupError('DOCKER_UNREACHABLE', `no Docker Engine on ${endpoint}: ${why}`, {
    exitCode: exitCodes.preflight,
    retryable: true,
    hints,
    cause,
  });
}
