import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf } from '../../lib/errors.js';
import type { HostDescription, HostState } from '../driver.js';
import { type DockerState, labels } from './docker-state.js';

/** A container as a list call describes it. API: GET /containers/json. */
export interface HostContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly State: string;
  /** For people: `Exited (137) 2 minutes ago`. */
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string | undefined>>;
  /** Seconds since 1970; not of one that was just made. */
  readonly Created?: number;
  readonly HostConfig?: { readonly NetworkMode?: string };
}

/** The hosts of an engine, or the container of one; also stopped ones. One call. */
export async function listHosts(
  engine: EngineClient,
  signal: AbortSignal,
  machine?: string,
): Promise<readonly HostContainer[]> {
  const label = machine === undefined ? labels.machine : `${labels.machine}=${machine}`;
  return engine.request('GET', '/containers/json', {
    signal,
    query: { all: true, filters: JSON.stringify({ label: [label] }) },
  });
}

/** Ports of 127.0.0.1 that lead to a host. */
export interface PublishedPorts {
  readonly ssh: number;
  readonly engine: number;
}

export function publishedPorts(container: Pick<HostContainer, 'Labels'>): PublishedPorts | undefined {
  const [ssh, engine] = (container.Labels[labels.ports] ?? '').split(',').map(Number);
  return ssh === undefined || engine === undefined ? undefined : { ssh, engine };
}

/** How a host is reached: by its address, or by its published ports. All of it stands in its labels. */
export function describeHost(
  container: Pick<HostContainer, 'Labels'>,
  engineConfig: DockerState['engineConfig'],
): HostDescription {
  const address = container.Labels[labels.address] ?? '';
  const ports = publishedPorts(container);
  return {
    ssh: { host: ports === undefined ? address : '127.0.0.1', port: ports?.ssh ?? 22, user: 'root' },
    engine: { host: ports === undefined ? address : '127.0.0.1', port: ports?.engine ?? 2376 },
    privateAddresses: [address],
    ...(engineConfig !== undefined && { engineConfig }),
  };
}

const states: Readonly<Record<string, HostState>> = {
  created: 'stopped',
  running: 'running',
  paused: 'paused',
  restarting: 'starting',
  exited: 'stopped',
};

export function hostState(container: HostContainer): HostState {
  return states[container.State] ?? 'error';
}

/** Makes a host run that is stopped or paused. API: POST /containers/{id}/start, unpause; 304: it runs. */
export async function wakeContainer(
  engine: EngineClient,
  container: Pick<HostContainer, 'Id' | 'State'>,
  signal: AbortSignal,
): Promise<void> {
  const call = container.State === 'paused' ? 'unpause' : 'start';
  await tolerate(engine.request('POST', `/containers/${container.Id}/${call}`, { signal, timeoutMs: 60_000 }), 304);
}

/** True for an engine's answer that the thing is not there, or that nothing had to be done. */
export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return statuses.some((status) => code === `ENGINE_${status}`);
}

/** Ignores an answer with one of these statuses; anything else is thrown. */
export async function tolerate(call: Promise<unknown>, ...statuses: readonly number[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isStatus(error, ...statuses)) throw error;
  }
}

/** True if the engine's message matches: errors of a runtime or a driver below the engine have no codes. */
export function says(error: unknown, pattern: RegExp): boolean {
  return pattern.test(messageOf(error));
}
