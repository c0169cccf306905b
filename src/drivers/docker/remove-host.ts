import type { EngineClient } from '../../lib/engine-client.js';
import type { DriverContext } from '../driver.js';
import { dockerOptions, type DockerState, labels } from './docker-state.js';
import { listHosts, tolerate } from './host-container.js';
import { removeUnusedNetwork } from './network.js';
import { networkName } from './own-network.js';
import { removeSnapshotImages } from './snapshots.js';

/** Removes everything that carries the host's label, and its network when it was the last one in it. */
export async function removeHost(
  engine: EngineClient,
  context: DriverContext,
  host: { readonly id: string; readonly name: string },
  state: DockerState | undefined,
): Promise<void> {
  await removeThingsOf(engine, host.id, context.signal);
  const network = state?.network ?? (await networkName(dockerOptions(context.options), context));
  await context.exclusive(`docker-network-${network}`, () => removeUnusedNetwork(engine, network, context.signal));
}

/** Containers, volumes and images with the label of a host. */
export async function removeThingsOf(engine: EngineClient, machine: string, signal: AbortSignal): Promise<void> {
  for (const { Id } of await listHosts(engine, signal, machine)) {
    const query = { force: true, v: true };
    // 409: another process is already removing it.
    await tolerate(engine.request('DELETE', `/containers/${Id}`, { signal, query, timeoutMs: 60_000 }), 404, 409);
  }
  await removeVolumes(engine, machine, signal);
  await removeSnapshotImages(engine, machine, signal);
}

/** API: GET /volumes, DELETE /volumes/{name}. */
async function removeVolumes(engine: EngineClient, machine: string, signal: AbortSignal): Promise<void> {
  const { Volumes } = await engine.request<{ Volumes: readonly { Name: string }[] | null }>('GET', '/volumes', {
    signal,
    query: { filters: JSON.stringify({ label: [`${labels.machine}=${machine}`] }) },
  });
  for (const { Name } of Volumes ?? [])
    await tolerate(engine.request('DELETE', `/volumes/${Name}`, { signal, timeoutMs: 60_000 }), 404);
}
