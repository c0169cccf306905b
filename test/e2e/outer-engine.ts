import { once } from 'node:events';
import { connect } from 'node:net';
import { openEngine } from '../../src/lib/engine-client.js';
import { SwarmupError } from '../../src/lib/errors.js';

/** The engine of this machine, in which the hosts are containers. */
export const outerEngine = openEngine({
  what: 'the engine of this machine',
  dial: async () => {
    const socket = connect('/var/run/docker.sock');
    await once(socket, 'connect');
    return socket;
  },
});

interface Listed {
  readonly Name?: string;
  readonly Names?: readonly string[];
}

/**
 * Names of everything on the outer engine that was made for hosts of this docker network (it is the prefix of all
 * their names): a clean removal leaves nothing.
 */
export async function leftovers(network: string): Promise<string[]> {
  const containers = await outerEngine.request<Listed[]>('GET', '/containers/json', { query: { all: true } });
  const { Volumes: volumes } = await outerEngine.request<{ Volumes: Listed[] | null }>('GET', '/volumes');
  const networks = await outerEngine.request<Listed[]>('GET', '/networks');
  return [...containers, ...(volumes ?? []), ...networks]
    .flatMap((item) => (item.Names ?? [item.Name ?? '']).map((name) => name.replace(/^\//, '')))
    .filter((name) => name.startsWith(network));
}

/** Removes what an aborted run left behind, so that the next one starts from nothing. */
export async function sweep(network: string): Promise<void> {
  const left = await leftovers(network);
  const remove = (kind: string) => (name: string) =>
    outerEngine.request('DELETE', `/${kind}/${name}`, { query: { force: true, v: true } }).catch(ignoreMissing);
  for (const kind of ['containers', 'volumes', 'networks']) await Promise.all(left.map(remove(kind)));
}

const ignoreMissing = (error: unknown): void => {
  if (!(error instanceof SwarmupError && error.code === 'ENGINE_404')) throw error;
};
