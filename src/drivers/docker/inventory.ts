import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import type { DriverContext, DriverInventory, HostIdentity, MadeThing, RebuiltHost } from '../driver.js';
import { engineConfigOf } from './engine-config.js';
import { type DockerState, labels } from './docker-state.js';
import { hostState, type HostContainer, listHosts, publishedPorts, wakeContainer } from './host-container.js';
import { putHostKeys, reloadHostKeys } from './host-keys.js';
import { removeUnusedNetwork } from './network.js';
import { openOuterEngine, outerEndpoint } from './outer-engine.js';
import { removeThingsOf } from './remove-host.js';

type Labels = Readonly<Record<string, string | undefined>> | null;

/** API: GET /volumes. */
interface Volumes {
  readonly Volumes: readonly { readonly Name: string; readonly CreatedAt?: string; readonly Labels: Labels }[] | null;
}

/** API: GET /networks. */
type Networks = readonly { readonly Name: string; readonly Created?: string; readonly Labels: Labels }[];

/** API: GET /images/json. */
type Images = readonly {
  readonly Id: string;
  readonly Created: number;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels: Labels;
}[];

/** What exists on engines with the labels of this driver: containers, their volumes and snapshots, and networks. */
export const dockerInventory: Required<DriverInventory<DockerState, DriverContext, HostIdentity>> = {
  async list(context, states) {
    const places = new Set([await outerEndpoint(context), ...states.map(({ engine }) => engine)]);
    const looks = await Promise.allSettled([...places].map((place) => thingsAt(place, context.signal)));
    context.signal.throwIfAborted();
    const failed = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason as unknown] : []));
    if (failed.length === looks.length) throw failed[0];
    const things = looks.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
    return { things, unseen: failed.map(messageOf) };
  },

  async remove(context, things) {
    for (const place of new Set(things.map((thing) => thing.place)))
      await removeAt(
        context,
        place,
        things.filter((thing) => thing.place === place),
      );
  },

  async rebuild(context, machine, things): Promise<RebuiltHost<DockerState>> {
    const place = things.find(({ isHost }) => isHost)?.place ?? '';
    const engine = openOuterEngine(place);
    const container = await requireContainer(engine, machine, context.signal);
    const state: DockerState = {
      engine: place,
      machine,
      container: nameOf(container),
      network: container.HostConfig?.NetworkMode ?? '',
    };
    const options = {
      ...(place !== (await outerEndpoint(context)) && { host: place }),
      ...(publishedPorts(container) !== undefined && { publish: true }),
    };
    return { state: { ...state, engineConfig: await engineConfigOf(engine, state, context.signal) }, options };
  },

  async putKeys({ signal }, state, host) {
    const engine = openOuterEngine(state.engine);
    const container = await requireContainer(engine, state.machine, signal);
    if (container.State === 'paused') await wakeContainer(engine, container, signal);
    await putHostKeys(engine, container.Id, host, signal);
    if (['running', 'paused'].includes(container.State)) await reloadHostKeys(engine, container.Id, signal);
  },
};

const nameOf = ({ Names }: HostContainer): string => Names[0]?.replace(/^\//, '') ?? '';

/** Errors: HOST_ABSENT. */
async function requireContainer(engine: EngineClient, machine: string, signal: AbortSignal): Promise<HostContainer> {
  const [found] = await listHosts(engine, signal, machine);
  if (found !== undefined) return found;
  throw new SwarmupError('HOST_ABSENT', `no container has the label ${labels.machine}=${machine}`);
}

async function thingsAt(place: string, signal: AbortSignal): Promise<readonly MadeThing[]> {
  const engine = openOuterEngine(place);
  const withLabel = (label: string) => ({ signal, query: { filters: JSON.stringify({ label: [label] }) } });
  const [containers, { Volumes }, images, networks] = await Promise.all([
    listHosts(engine, signal),
    engine.request<Volumes>('GET', '/volumes', withLabel(labels.machine)),
    engine.request<Images>('GET', '/images/json', withLabel(labels.machine)),
    engine.request<Networks>('GET', '/networks', withLabel(labels.network)),
  ]);
  const thing = (kind: string, name: string, own: Labels, madeAt: Date | undefined): MadeThing => ({
    kind,
    name,
    place,
    isHost: false,
    ...labelled(own),
    madeAt: madeAt === undefined || Number.isNaN(madeAt.getTime()) ? null : madeAt.toISOString(),
    running: null,
  });
  const seconds = (since: number | undefined): Date | undefined =>
    since === undefined ? undefined : new Date(since * 1000);
  const text = (time: string | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));
  return [
    ...containers.map((container) => ({
      ...thing('container', nameOf(container), container.Labels, seconds(container.Created)),
      isHost: true,
      running: hostState(container) === 'running',
    })),
    ...(Volumes ?? []).map(({ Name, Labels, CreatedAt }) => thing('volume', Name, Labels, text(CreatedAt))),
    ...images.map(({ Id, RepoTags, Labels, Created }) => thing('image', RepoTags?.[0] ?? Id, Labels, seconds(Created))),
    ...networks.map(({ Name, Labels, Created }) => thing('network', Name, Labels, text(Created))),
    // An empty label is one that was taken away.
  ].filter(({ kind, machineId }) => kind === 'network' || machineId !== null);
}

function labelled(own: Labels): Pick<MadeThing, 'machineId' | 'host' | 'swarm' | 'swarmId' | 'owner'> {
  const value = (label: string): string | null => {
    const text = own?.[label] ?? '';
    return text === '' ? null : text;
  };
  return {
    machineId: value(labels.machine),
    host: value(labels.name),
    swarm: value(labels.swarm),
    swarmId: value(labels.swarmId),
    owner: value(labels.owner),
  };
}

/** The networks of removed hosts go with the last host in them. */
async function removeAt(context: DriverContext, place: string, things: readonly MadeThing[]): Promise<void> {
  const { signal } = context;
  const engine = openOuterEngine(place);
  const machines = new Set(things.flatMap(({ machineId }) => machineId ?? []));
  const networks = new Set(things.flatMap(({ kind, name }) => (kind === 'network' ? [name] : [])));
  for (const machine of machines) {
    for (const { HostConfig } of await listHosts(engine, signal, machine))
      if (HostConfig?.NetworkMode !== undefined) networks.add(HostConfig.NetworkMode);
    await removeThingsOf(engine, machine, signal);
  }
  for (const network of networks)
    await context.exclusive(`docker-network-${network}`, () => removeUnusedNetwork(engine, network, signal));
}
