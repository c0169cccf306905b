import type { Store } from '../../machine/store.js';

/**
 * The host to use if none is named: `default`, as in docker-machine; if there is no such host, the only host; else the
 * first manager of the only swarm. If the choice is not clear, the result is `default`, which does not exist.
 */
export async function hostMeant(store: Pick<Store, 'list' | 'names'>): Promise<string> {
  const names = await store.names();
  const [only] = names;
  if (names.includes('default') || only === undefined) return 'default';
  if (names.length === 1) return only;
  const { machines } = await store.list();
  const swarms = new Set(machines.flatMap(({ swarm }) => swarm ?? []));
  const manager = machines
    .map(({ name, role }) => (role === 'manager' ? name : ''))
    .filter(Boolean)
    .sort()[0];
  return swarms.size === 1 && manager !== undefined ? manager : 'default';
}
