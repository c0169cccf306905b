import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { CreateContext, HostDescription, HostIdentity } from '../driver.js';
import { reservedFor } from '../reserved-addresses.js';
import { containerBody, type ContainerSpec } from './container-spec.js';
import { type DockerOptions, dockerOptions, type DockerState, labels } from './docker-state.js';
import {
  describeHost,
  type HostContainer,
  isStatus,
  listHosts,
  publishedPorts,
  type PublishedPorts,
  says,
  tolerate,
  wakeContainer,
} from './host-container.js';
import { putHostKeys } from './host-keys.js';
import { engineConfigOf } from './engine-config.js';
import { ensureNetwork, freeAddress } from './network.js';
import { belongingLabels, containerName, networkName } from './own-network.js';
import { ensureNodeImage } from './node-image.js';
import type { Rights } from './rights.js';

/** The number of attempts if another program takes the chosen addresses or ports. */
const maxAttempts = 3;

/** API: GET /info. */
interface EngineInfo {
  readonly ID: string;
  readonly OperatingSystem: string;
}

/** What the creation of one host works with. */
interface Job {
  readonly engine: EngineClient;
  readonly context: CreateContext<DockerState>;
  readonly host: HostIdentity;
  readonly state: DockerState;
  readonly options: DockerOptions;
}

/**
 * Makes a host, or adopts the container that carries its label: a stopped one is started, one that was never
 * started gets its keys first.
 * Errors: CONTAINER_NAME_TAKEN, those of the image and of the network, the engine's own.
 */
export async function createHost(
  engine: EngineClient,
  endpoint: string,
  rights: Rights,
  context: CreateContext<DockerState>,
  host: HostIdentity,
): Promise<HostDescription> {
  const options = dockerOptions(context.options);
  const network = await networkName(options, context);
  const container = containerName(options, context.belongsTo, host.name);
  const state = { engine: endpoint, machine: host.id, container, network };
  await context.save(state);
  const job: Job = { engine, context, host, state, options };
  const made = (await adopt(job)) ?? (await make(job, rights));
  const named = { ...state, container: made.Names[0]?.replace(/^\//, '') ?? container };
  const finalState = { ...named, engineConfig: await engineConfigOf(engine, state, context.signal) };
  await context.save(finalState);
  return describeHost(made, finalState.engineConfig);
}

/** Starts the existing parts of the host. undefined: nothing exists, or the host must be made again. */
async function adopt({ engine, context, host }: Job): Promise<HostContainer | undefined> {
  const [found] = await listHosts(engine, context.signal, host.id);
  if (found === undefined) return undefined;
  if (['running', 'paused', 'exited'].includes(found.State)) {
    await wakeContainer(engine, found, context.signal);
    return found;
  }
  // Its creation was cut short: whether its keys are there cannot be seen cheaper than by making it again.
  await removeContainer(engine, found.Id, context.signal);
  return undefined;
}

async function make(job: Job, rights: Rights): Promise<HostContainer> {
  const { engine, context, options } = job;
  const image = await ensureNodeImage(engine, context, options.imageVariant);
  const info = await engine.request<EngineInfo>('GET', '/info', { signal: context.signal });
  // In Docker Desktop, the engine runs in its own virtual machine, whose container addresses cannot be reached from
  // outside.
  const desktop = info.OperatingSystem === 'Docker Desktop';
  const kernelModules = desktop || (await readable('/lib/modules'));
  const publish = options.publish ?? desktop;
  return rights.use({ engineId: info.ID, cacheDir: context.cacheDir }, async (privileged) => {
    for (let attempt = 1; ; attempt++) {
      const made = await makeContainer(job, { image, privileged, kernelModules }, publish);
      try {
        await putHostKeys(engine, made.Id, job.host, context.signal);
        await wakeContainer(engine, made, context.signal);
        return made;
      } catch (error) {
        const refused = privileged && refusesRights(error);
        if (!refused && !(isTaken(error) && attempt < maxAttempts)) throw explain(error, job.state.network);
        await removeContainer(engine, made.Id, context.signal);
        if (refused) return undefined;
      }
    }
  });
}

type Given = Pick<ContainerSpec, 'image' | 'privileged' | 'kernelModules'>;

/** Addresses and ports are chosen and taken under one lock: a container holds them from its creation on. */
async function makeContainer(job: Job, given: Given, publish: boolean): Promise<HostContainer> {
  const { engine, context, host, state, options } = job;
  context.log('making the container');
  return context.exclusive(`docker-network-${state.network}`, async () => {
    const wanted = { network: state.network, subnet: options.subnet, labels: belongingLabels(context.belongsTo) };
    const network = await ensureNetwork(engine, wanted, context.signal);
    const others = await listHosts(engine, context.signal);
    const reserved = await reservedFor(context, host.id);
    const spec: ContainerSpec = {
      ...given,
      machine: host.id,
      name: host.name,
      belonging: context.belongsTo,
      container: state.container,
      network: network.name,
      address: freeAddress(network, [...addressesOf(others), ...reserved.others], reserved.own),
      ports: publish ? await freePorts(others) : undefined,
      limits: options,
    };
    try {
      return await newContainer(job, spec).catch(async (error: unknown) => {
        if (!isStatus(error, 409)) throw error;
        // Another store, or a container that is not ours, has the name.
        const container = `${state.container}-${host.id.slice(0, 6)}`;
        await context.save({ ...state, container });
        return newContainer(job, { ...spec, container });
      });
    } catch (error) {
      throw isStatus(error, 409) ? nameTaken(spec) : explain(error, state.network);
    }
  });
}

async function newContainer({ engine, context }: Job, spec: ContainerSpec): Promise<HostContainer> {
  const body = containerBody(spec) as { readonly Labels: HostContainer['Labels'] };
  const { Id } = await engine.request<{ Id: string }>('POST', '/containers/create', {
    signal: context.signal,
    query: { name: spec.container },
    body,
  });
  return { Id, Names: [`/${spec.container}`], State: 'created', Status: 'Created', Labels: body.Labels };
}

const addressesOf = (hosts: readonly HostContainer[]): readonly string[] =>
  hosts.flatMap(({ Labels }) => Labels[labels.address] ?? []);

/** Ports of 127.0.0.1 that no program listens on and that no other host has. */
async function freePorts(others: readonly HostContainer[]): Promise<PublishedPorts> {
  const promised = new Set(others.map(publishedPorts).flatMap((ports) => (ports ? [ports.ssh, ports.engine] : [])));
  const ssh = await freePort(promised);
  return { ssh, engine: await freePort(promised.add(ssh)) };
}

async function freePort(promised: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => {
          resolve(typeof address === 'object' && address !== null ? address.port : 0);
        });
      });
    });
    if (!promised.has(port)) return port;
  }
}

/** Its volumes stay: the next container of the host uses them again. */
async function removeContainer(engine: EngineClient, id: string, signal: AbortSignal): Promise<void> {
  await tolerate(engine.request('DELETE', `/containers/${id}`, { signal, query: { force: true } }), 404);
}

/** How the runtime says that the engine may not give away all rights: its own bounding set lacks some. */
const refusesRights = (error: unknown): boolean => says(error, /apply caps|operation not permitted|privileged/i);

/** A program outside our lock (another store, another tool) took an address or a port after it was chosen. */
const isTaken = (error: unknown): boolean => says(error, /address already in use|port is already allocated/i);

/** Says what to do about those of the engine's errors that users bring about. */
function explain(error: unknown, network: string): unknown {
  if (says(error, /no space left on device/i))
    return new SwarmupError('DISK_FULL', messageOf(error), {
      exitCode: exitCodes.preflight,
      hints: ['free some space: docker system prune'],
      cause: error,
    });
  if (says(error, /user configured subnets/i))
    return usageError(
      'NETWORK_UNSUITABLE',
      `the docker network '${network}' was made without a subnet of its own, so its addresses can change`,
      'choose another network (--docker-network NAME), or make the network with docker network create --subnet',
    );
  return error;
}

const readable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function nameTaken({ container, name }: ContainerSpec): SwarmupError {
  return new SwarmupError('CONTAINER_NAME_TAKEN', `a container named '${container}' exists, but it is not this host`, {
    exitCode: exitCodes.preflight,
    host: name,
    hints: [
      `another store may have made it: docker inspect ${container}`,
      'choose another host name, or another network (--docker-network NAME)',
    ],
  });
}
