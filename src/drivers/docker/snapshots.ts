import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { type DockerState, labels } from './docker-state.js';
import { tolerate } from './host-container.js';

/** API: GET /containers/{id}/json. */
interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly Config: Readonly<Record<string, unknown>> & { readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAMConfig?: unknown; readonly Aliases?: unknown }>>;
  };
  readonly Mounts: readonly { readonly Type: string; readonly Name?: string; readonly Destination: string }[];
}

/** Volumes hold what inner engines have: many small files. */
const copyTimeoutMs = 30 * 60_000;

const imageOf = (state: DockerState, id: string): string => `swarmup/snapshot:${state.machine.slice(0, 8)}-${id}`;
const copyOf = (volume: string, id: string): string => `${volume}-snapshot-${id}`;
const inspect = (engine: EngineClient, name: string, signal: AbortSignal): Promise<Inspected> =>
  engine.request('GET', `/containers/${name}/json`, { signal });

const volumesOf = ({ Mounts }: Inspected): readonly string[] =>
  Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name !== undefined ? [Name] : []));

/** Keeps a stopped host: its root as an image, its volumes as copies. All of it carries the label of the host. */
export async function saveSnapshot(engine: EngineClient, state: DockerState, id: string, signal: AbortSignal): Promise<void> {
  const host = await inspect(engine, state.container, signal);
  const [repo, tag] = imageOf(state, id).split(':');
  await engine.request('POST', '/commit', {
    signal,
    timeoutMs: copyTimeoutMs,
    query: { container: host.Id, repo, tag, pause: false },
    body: host.Config,
  });
  for (const volume of volumesOf(host)) {
    const copy = copyOf(volume, id);
    const own = { [labels.machine]: state.machine, [labels.name]: host.Config.Labels[labels.name] ?? '' };
    await engine.request('POST', '/volumes/create', { signal, body: { Name: copy, Labels: own } });
    await copyVolume(engine, host, { image: imageOf(state, id), from: volume, to: copy }, signal);
  }
}

/**
 * Makes a stopped host what it was: volumes are copied back, and its container is made anew from the image, with all its
 * settings. The old container goes when the new one is there.
 */
export async function restoreSnapshot(engine: EngineClient, state: DockerState, id: string, signal: AbortSignal): Promise<void> {
  const host = await inspect(engine, state.container, signal);
  const image = imageOf(state, id);
  for (const volume of volumesOf(host)) await copyVolume(engine, host, { image, from: copyOf(volume, id), to: volume }, signal);
  const fresh = `${state.container}-restored`;
  await tolerate(engine.request('DELETE', `/containers/${fresh}`, { signal, query: { force: true } }), 404);
  const networks = Object.entries(host.NetworkSettings.Networks).map(([name, { IPAMConfig, Aliases }]) => [
    name,
    { IPAMConfig, Aliases },
  ]);
  const { HostConfig } = host;
  const body = {
    ...host.Config,
    Image: image,
    HostConfig,
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(networks) as unknown },
  };
  await engine.request('POST', '/containers/create', { signal, query: { name: fresh }, body });
  await engine.request('DELETE', `/containers/${host.Id}`, { signal, query: { force: true } });
  await engine.request('POST', `/containers/${fresh}/rename`, { signal, query: { name: state.container } });
}

/** Fine when there is none. An image that a container was made from stays until that goes. */
export async function removeSnapshot(engine: EngineClient, state: DockerState, id: string, signal: AbortSignal): Promise<void> {
  const { Volumes } = await engine.request<{ readonly Volumes: readonly { readonly Name: string }[] | null }>(
    'GET',
    '/volumes',
    { signal, query: { filters: JSON.stringify({ label: [`${labels.machine}=${state.machine}`] }) } },
  );
  for (const { Name } of Volumes ?? [])
    if (Name.endsWith(`-snapshot-${id}`))
      await tolerate(engine.request('DELETE', `/volumes/${Name}`, { signal, timeoutMs: 60_000 }), 404);
  await tolerate(engine.request('DELETE', `/images/${imageOf(state, id)}`, { signal, timeoutMs: 60_000 }), 404, 409);
}

/** Images of all snapshots of a host that is removed; its volumes are found by the same label. */
export async function removeSnapshotImages(engine: EngineClient, machine: string, signal: AbortSignal): Promise<void> {
  const query = { filters: JSON.stringify({ label: [`${labels.machine}=${machine}`] }) };
  const images = await engine.request<readonly { readonly Id: string }[]>('GET', '/images/json', { signal, query });
  for (const { Id } of images)
    await tolerate(engine.request('DELETE', `/images/${Id}`, { signal, timeoutMs: 60_000, query: { force: true } }), 404, 409);
}

interface Copy {
  readonly image: string;
  readonly from: string;
  readonly to: string;
}

/** The image has the labels of its host, by which hosts are found. */
const unlabelled = { [labels.machine]: '', [labels.address]: '', [labels.name]: '' };

/** By a container with the rights of the host: device files and attributes of overlays come along. */
async function copyVolume(engine: EngineClient, host: Inspected, { image, from, to }: Copy, signal: AbortSignal): Promise<void> {
  const rights = ['Privileged', 'CapAdd', 'CapDrop', 'SecurityOpt', 'MaskedPaths', 'ReadonlyPaths', 'DeviceCgroupRules', 'UsernsMode'];
  const { Id } = await engine.request<{ readonly Id: string }>('POST', '/containers/create', {
    signal,
    body: {
      Image: image,
      Labels: unlabelled,
      Entrypoint: ['/bin/sh', '-c', 'find /to -mindepth 1 -delete && cp -a /from/. /to/'],
      Cmd: [],
      HostConfig: {
        ...Object.fromEntries(rights.flatMap((key) => (host.HostConfig[key] === undefined ? [] : [[key, host.HostConfig[key]]]))),
        NetworkMode: 'none',
        Mounts: [
          { Type: 'volume', Source: from, Target: '/from', ReadOnly: true, VolumeOptions: { NoCopy: true } },
          { Type: 'volume', Source: to, Target: '/to', VolumeOptions: { NoCopy: true } },
        ],
      },
    },
  });
  try {
    await engine.request('POST', `/containers/${Id}/start`, { signal, timeoutMs: 60_000 });
    const { StatusCode } = await engine.request<{ readonly StatusCode: number }>('POST', `/containers/${Id}/wait`, {
      signal,
      timeoutMs: copyTimeoutMs,
    });
    if (StatusCode === 0) return;
    throw new SwarmupError('SNAPSHOT_FAILED', `the volume ${from} could not be copied (exit code ${String(StatusCode)})`, {
      hints: ['is there room on the disk? docker system df'],
    });
  } finally {
    await tolerate(engine.request('DELETE', `/containers/${Id}`, { signal: AbortSignal.timeout(60_000), query: { force: true } }), 404, 409);
  }
}
