import type { Store } from '../../machine/store.js';

/**
 * The host that is meant where none is named: `default`, as docker-machine had it; where there is none of that name, the
 * only host there is, else the first manager of the only swarm. When nothing is clear it is `default`, which nobody finds.
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
