import { statfs } from 'node:fs/promises';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { DriverContext, Problem } from '../driver.js';
import {
  carryProblems,
  cpuProblems,
  type Crowd,
  type EngineMachine,
  isThisMachine,
  lookAtMachine,
  remoteProblems,
} from './capacity.js';
import { dockerOptions, type DockerState, labels } from './docker-state.js';
import { type HostContainer, hostState, listHosts } from './host-container.js';
import { freeAddress, planNetwork } from './network.js';
import { belongsTo, networkName } from './own-network.js';
import { openOuterEngine, outerEndpoint, socketPath } from './outer-engine.js';

/** API: GET /info. */
interface EngineInfo extends EngineMachine {
  readonly ServerVersion: string;
  readonly OSType: string;
  readonly OperatingSystem: string;
  readonly SecurityOptions: readonly string[] | null;
  readonly DockerRootDir: string;
}

const gib = 1024 ** 3;
/** The node image takes half a GiB, and its base and the build as much again; a host takes little until it is used. */
const imageGiB = 1.5;
const hostGiB = 0.25;

/** Looks whether hosts can be made with the engine, and whether its machine can carry them. Makes nothing. */
export async function checkEngine(
  context: DriverContext,
  names: readonly string[],
  managers: readonly string[] = [],
): Promise<readonly Problem[]> {
  let endpoint: string;
  let engine: EngineClient;
  let info: EngineInfo;
  try {
    endpoint = await outerEndpoint(context);
    engine = openOuterEngine(endpoint);
    info = await engine.request<EngineInfo>('GET', '/info', { signal: context.signal });
  } catch (error) {
    return [problemOf(error, context.signal)];
  }
  const local = isLocal(endpoint, info);
  const hosts = await listHosts(engine, context.signal);
  const own = hosts.filter(({ Labels }) => Labels[labels.owner] === undefined || belongsTo(context.belongsTo, Labels));
  const present = new Set(own.map((host) => host.Labels[labels.name]));
  const missing = names.filter((name) => !present.has(name));
  const isOff = (name: string): boolean =>
    own.some((host) => host.Labels[labels.name] === name && hostState(host) !== 'running');
  const crowd = crowdOf(
    hosts,
    names.filter((name) => missing.includes(name) || isOff(name)).map((name) => managers.includes(name)),
  );
  const found = [
    ...unsuitable(info),
    ...(await networkProblems(engine, context, hosts, { names, missing: missing.length })),
    ...(local ? await diskProblems(info, missing.length) : []),
    ...cpuProblems(dockerOptions(context.options).cpus, info),
    ...(await machineProblems(info, crowd, local)),
  ];
  if (found.some(({ severity }) => severity === 'error')) return found;
  const answers = `Docker Engine ${info.ServerVersion} answers on ${endpoint}`;
  return [...found, { severity: 'info', code: 'DOCKER_FOUND', message: answers, hints: [] }];
}

/** What the computer of their engine lacks to run these hosts, those that are off, as well. Changes nothing. */
export async function checkPower(
  { signal }: Pick<DriverContext, 'signal'>,
  wanted: readonly { readonly state: DockerState; readonly role: string | null }[],
): Promise<readonly Problem[]> {
  const endpoints = [...new Set(wanted.map(({ state }) => state.engine))];
  const found = endpoints.map(async (endpoint) => {
    const engine = openOuterEngine(endpoint);
    const hosts = await listHosts(engine, signal);
    const off = new Set(
      hosts.flatMap((host) => (hostState(host) === 'running' ? [] : (host.Labels[labels.machine] ?? []))),
    );
    const asked = wanted.filter(({ state }) => state.engine === endpoint && off.has(state.machine));
    if (asked.length === 0) return [];
    const info = await engine.request<EngineInfo>('GET', '/info', { signal });
    const crowd = crowdOf(
      hosts,
      asked.map(({ role }) => role === 'manager'),
    );
    return machineProblems(info, crowd, isLocal(endpoint, info));
  });
  return (await Promise.all(found)).flat();
}

/** `managers`: of each host that is to run as well, whether it is one. */
const crowdOf = (hosts: readonly HostContainer[], managers: readonly boolean[]): Crowd => ({
  running: hosts.filter((host) => hostState(host) === 'running').length,
  managers: managers.filter((is) => is).length,
  workers: managers.filter((is) => !is).length,
});

const isLocal = (endpoint: string, { OperatingSystem }: EngineInfo): boolean =>
  socketPath(endpoint) !== undefined && OperatingSystem !== 'Docker Desktop';

function unsuitable({ OSType, SecurityOptions }: EngineInfo): Problem[] {
  const problems: Problem[] = [];
  if (OSType !== 'linux')
    problems.push(
      error(
        'DOCKER_NOT_LINUX',
        `this Docker Engine runs ${OSType} containers`,
        'switch Docker Desktop to Linux containers',
      ),
    );
  if (SecurityOptions?.some((option) => option.includes('name=rootless')) === true)
    problems.push(
      error(
        'DOCKER_ROOTLESS',
        'this Docker Engine is rootless, but hosts with an engine of their own need one that runs as root',
        'use the system-wide engine: --docker-host unix:///var/run/docker.sock',
      ),
    );
  return problems;
}

/** The subnet overlaps, or too few addresses are left. */
async function networkProblems(
  engine: EngineClient,
  context: DriverContext,
  hosts: readonly HostContainer[],
  { names, missing }: { readonly names: readonly string[]; readonly missing: number },
): Promise<Problem[]> {
  try {
    const options = dockerOptions(context.options);
    const name = await networkName(options, context);
    const network = await planNetwork(engine, { ...options, network: name }, context.signal);
    const reserved = await context.reservedAddresses();
    const taken = [
      ...hosts.flatMap((host) => host.Labels[labels.address] ?? []),
      ...reserved.filter(({ name }) => !names.includes(name)).flatMap(({ addresses }) => addresses),
    ];
    for (let host = 0; host < missing; host++) taken.push(freeAddress(network, taken));
    return [];
  } catch (thrown) {
    return [problemOf(thrown, context.signal)];
  }
}

/** Only where the engine's folder is seen from here. */
async function diskProblems({ DockerRootDir }: EngineInfo, hosts: number): Promise<Problem[]> {
  const stats = await statfs(DockerRootDir).catch(() => undefined);
  if (stats === undefined) return [];
  const freeGiB = (stats.bavail * stats.bsize) / gib;
  const free = `${freeGiB.toFixed(1)} GiB are free in ${DockerRootDir}`;
  const message = `${hosts} new hosts need about ${hosts * hostGiB} GiB, and ${free}`;
  if (freeGiB < hosts * hostGiB) return [error('DISK_FULL', message, 'free some space: docker system prune')];
  if (freeGiB < imageGiB + hosts * hostGiB) return [warning('DISK_LOW', free, 'free some space: docker system prune')];
  return [];
}

/** Of an engine elsewhere, only what its API says is known. */
const machineProblems = async (info: EngineInfo, crowd: Crowd, local: boolean): Promise<readonly Problem[]> =>
  local && isThisMachine(info) ? carryProblems(crowd, await lookAtMachine(crowd)) : remoteProblems(crowd, info);

function problemOf(thrown: unknown, signal: AbortSignal): Problem {
  signal.throwIfAborted();
  // A wrong command line ends the command; the rest is what a check is for.
  if (!(thrown instanceof SwarmupError) || thrown.exitCode === exitCodes.usage) throw thrown;
  const { code, message, hints } = thrown;
  const remedy =
    'the engine must allow this user to make containers, networks and images; use --docker-host to name another engine';
  return error(code, message, ...(hints.length === 0 ? [remedy] : hints));
}

const error = (code: string, message: string, ...hints: string[]): Problem => ({
  severity: 'error',
  code,
  message,
  hints,
});
const warning = (code: string, message: string, ...hints: string[]): Problem => ({
  severity: 'warning',
  code,
  message,
  hints,
});
