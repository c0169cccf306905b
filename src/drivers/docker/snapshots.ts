import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import type { DriverSnapshot } from '../driver.js';
import { type DockerState, labels } from './docker-state.js';
import { tolerate } from './host-container.js';

/** API: GET /containers/{id}/json. */
interface Inspected {
  readonly Id: string;
  readonly Image: string;
  readonly State: { readonly Running: boolean; readonly Paused: boolean };
  readonly Config: Readonly<Record<string, unknown>> & { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAMConfig?: unknown; readonly Aliases?: unknown }>>;
  };
  readonly Mounts: readonly { readonly Type: string; readonly Name?: string }[];
}

/** API: GET /images/json. */
interface Image {
  readonly Id: string;
  readonly Created: number;
  readonly RepoTags?: readonly string[] | null;
}

/** What a snapshot of a host is taken of, and from. */
interface Work {
  readonly engine: EngineClient;
  readonly state: DockerState;
  readonly signal: AbortSignal;
}

/** Volumes hold what inner engines have: many small files. */
const copyTimeoutMs = 30 * 60_000;
const repository = 'swarmup/snapshot';

const tagOf = ({ machine }: DockerState, name: string): string => `${machine.slice(0, 8)}-${name}`;
const copyOf = (volume: string, name: string): string => `${volume}-snapshot-${name}`;
const volumesOf = ({ Mounts }: Inspected): readonly string[] =>
  Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name !== undefined ? [Name] : []));

const inspect = ({ engine, state, signal }: Work): Promise<Inspected> =>
  engine.request('GET', `/containers/${state.container}/json`, { signal });

const imagesOf = (engine: EngineClient, machine: string, signal: AbortSignal): Promise<readonly Image[]> =>
  engine.request('GET', '/images/json', {
    signal,
    query: { filters: JSON.stringify({ label: [`${labels.machine}=${machine}`] }) },
  });

/** The snapshots of a host: images that carry its label. */
export async function listSnapshots(work: Work): Promise<readonly DriverSnapshot[]> {
  const [host, images] = [await inspect(work), await imagesOf(work.engine, work.state.machine, work.signal)];
  const prefix = `${repository}:${tagOf(work.state, '')}`;
  return [...images]
    .sort((a, b) => a.Created - b.Created)
    .flatMap(({ Id, RepoTags }) =>
      (RepoTags ?? [])
        .filter((tag) => tag.startsWith(prefix))
        .map((tag) => ({ name: tag.slice(prefix.length), current: Id === host.Image })),
    );
}

/** Its root as an image, its volumes as copies; a host that runs is paused meanwhile. All of it carries its label. */
export async function takeSnapshot(work: Work, name: string): Promise<void> {
  const { engine, state, signal } = work;
  if ((await listSnapshots(work)).some((snapshot) => snapshot.name === name))
    throw usageError('SNAPSHOT_EXISTS', `a snapshot named ${name} exists already`, 'choose another name');
  const host = await inspect(work);
  const isRunning = host.State.Running && !host.State.Paused;
  if (isRunning) await engine.request('POST', `/containers/${host.Id}/pause`, { signal });
  try {
    for (const volume of volumesOf(host)) {
      const kept = [labels.name, labels.swarm, labels.owner].map(
        (key) => [key, host.Config.Labels[key] ?? ''] as const,
      );
      const own = { ...Object.fromEntries(kept), [labels.machine]: state.machine };
      await engine.request('POST', '/volumes/create', { signal, body: { Name: copyOf(volume, name), Labels: own } });
      await copyVolume(work, host, volume, copyOf(volume, name));
    }
    // Last: without the image there is no snapshot.
    const query = { container: host.Id, repo: repository, tag: tagOf(state, name), pause: false };
    await engine.request('POST', '/commit', { signal, timeoutMs: copyTimeoutMs, query, body: host.Config });
  } finally {
    if (isRunning)
      await engine.request('POST', `/containers/${host.Id}/unpause`, { signal: AbortSignal.timeout(60_000) });
  }
}

/**
 * Copies the volumes back and makes the container again from the image, with all its settings; the old container is
 * removed when the new one exists. A host that was running runs afterwards.
 */
export async function restoreSnapshot(work: Work, name: string): Promise<void> {
  const { engine, state, signal } = work;
  await requireSnapshot(work, name);
  const host = await inspect(work);
  const wasRunning = host.State.Running;
  if (wasRunning) {
    await tolerate(engine.request('POST', `/containers/${host.Id}/kill`, { signal }), 409);
    await engine.request('POST', `/containers/${host.Id}/wait`, { signal });
  }
  for (const volume of volumesOf(host)) await copyVolume(work, host, copyOf(volume, name), volume);
  const fresh = `${state.container}-restored`;
  await tolerate(engine.request('DELETE', `/containers/${fresh}`, { signal, query: { force: true } }), 404);
  const networks = Object.entries(host.NetworkSettings.Networks).map(
    ([network, { IPAMConfig, Aliases }]) => [network, { IPAMConfig, Aliases }] as const,
  );
  const body = {
    ...host.Config,
    Image: `${repository}:${tagOf(state, name)}`,
    HostConfig: host.HostConfig,
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(networks) },
  };
  await engine.request('POST', '/containers/create', { signal, query: { name: fresh }, body });
  await engine.request('DELETE', `/containers/${host.Id}`, { signal, query: { force: true } });
  await engine.request('POST', `/containers/${fresh}/rename`, { signal, query: { name: state.container } });
  if (wasRunning) await engine.request('POST', `/containers/${state.container}/start`, { signal, timeoutMs: 60_000 });
}

/** The image of the snapshot that a host was put back to last stays until the host goes, or is put back to another. */
export async function removeSnapshot(work: Work, name: string): Promise<void> {
  const { engine, state, signal } = work;
  await requireSnapshot(work, name);
  for (const volume of volumesOf(await inspect(work)))
    await tolerate(engine.request('DELETE', `/volumes/${copyOf(volume, name)}`, { signal, timeoutMs: 60_000 }), 404);
  const image = `${repository}:${tagOf(state, name)}`;
  await tolerate(
    engine.request('DELETE', `/images/${image}`, { signal, timeoutMs: 60_000, query: { force: true } }),
    404,
    409,
  );
}

/** Images of all snapshots of a host that is gone; its volumes are found by the same label. */
export async function removeSnapshotImages(engine: EngineClient, machine: string, signal: AbortSignal): Promise<void> {
  const query = { force: true };
  for (const { Id } of await imagesOf(engine, machine, signal))
    await tolerate(engine.request('DELETE', `/images/${Id}`, { signal, timeoutMs: 60_000, query }), 404, 409);
}

async function requireSnapshot(work: Work, name: string): Promise<void> {
  const known = await listSnapshots(work);
  if (known.some((snapshot) => snapshot.name === name)) return;
  const names = known.map((snapshot) => snapshot.name).join(', ');
  throw usageError(
    'SNAPSHOT_UNKNOWN',
    `there is no snapshot named ${name}`,
    names === '' ? 'the host has no snapshots' : `the snapshots are ${names}`,
  );
}

/** What gives the host's container its rights: device files and attributes of overlays have to come along. */
const rights = [
  'Privileged',
  'CapAdd',
  'CapDrop',
  'SecurityOpt',
  'MaskedPaths',
  'ReadonlyPaths',
  'DeviceCgroupRules',
  'UsernsMode',
];
/** The host's own image may come from a snapshot that has the labels of hosts. */
const unlabelled = { [labels.machine]: '', [labels.address]: '', [labels.name]: '' };

async function copyVolume({ engine, signal }: Work, host: Inspected, from: string, to: string): Promise<void> {
  const own = rights.flatMap((key) =>
    host.HostConfig[key] === undefined ? [] : [[key, host.HostConfig[key]] as const],
  );
  const mount = (source: string, target: string) => ({
    Type: 'volume',
    Source: source,
    Target: target,
    VolumeOptions: { NoCopy: true },
  });
  const { Id } = await engine.request<{ readonly Id: string }>('POST', '/containers/create', {
    signal,
    body: {
      Image: host.Image,
      Labels: unlabelled,
      Entrypoint: ['/bin/sh', '-c', 'find /to -mindepth 1 -delete && cp -a /from/. /to/'],
      Cmd: [],
      HostConfig: { ...Object.fromEntries(own), NetworkMode: 'none', Mounts: [mount(from, '/from'), mount(to, '/to')] },
    },
  });
  try {
    await engine.request('POST', `/containers/${Id}/start`, { signal, timeoutMs: 60_000 });
    const wait = { signal, timeoutMs: copyTimeoutMs };
    const { StatusCode } = await engine.request<{ readonly StatusCode: number }>(
      'POST',
      `/containers/${Id}/wait`,
      wait,
    );
    if (StatusCode === 0) return;
    throw new SwarmupError('SNAPSHOT_FAILED', `the volume ${from} could not be copied (code ${StatusCode})`, {
      hints: ['check the free disk space: docker system df'],
    });
  } finally {
    const removal = { signal: AbortSignal.timeout(60_000), query: { force: true } };
    await tolerate(engine.request('DELETE', `/containers/${Id}`, removal), 404, 409);
  }
}
