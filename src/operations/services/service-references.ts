import type { EngineClient } from '../../lib/engine-client.js';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import type { References } from '../../swarm/service-options.js';

interface Named {
  readonly ID: string;
  readonly Spec: { readonly Name: string };
}

/** Everything that a service can refer to, read once. API: GET /networks, /secrets, /configs. */
export async function readReferences(engine: EngineClient, signal: AbortSignal): Promise<References> {
  const list = async <T>(path: string): Promise<readonly T[]> =>
    (await engine.request<readonly T[] | null>('GET', path, { signal })) ?? [];
  const [networks, secrets, configs] = await Promise.all([
    list<{ readonly Id: string; readonly Name: string; readonly Scope: string }>('/networks'),
    list<Named>('/secrets'),
    list<Named>('/configs'),
  ]);
  const ids = (found: readonly Named[]): ReadonlyMap<string, string> =>
    new Map(found.map(({ ID, Spec }) => [Spec.Name, ID]));
  const usable = networks.filter(({ Name, Scope }) => Scope === 'swarm' || ['host', 'bridge', 'none'].includes(Name));
  return {
    network: finder('network', new Map(usable.map(({ Id, Name }) => [Name, Id]))),
    secret: finder('secret', ids(secrets)),
    config: finder('config', ids(configs)),
  };
}

/** Errors: NETWORK_UNKNOWN, SECRET_UNKNOWN, CONFIG_UNKNOWN (exit 2). */
function finder(what: string, known: ReadonlyMap<string, string>): (name: string) => string {
  return (name) => {
    const id = known.get(name);
    if (id !== undefined) return id;
    const meant = nearest(name, [...known.keys()]);
    const hint =
      meant.length > 0 ? [`did you mean ${meant.join(' or ')}?`] : [`docker ${what} ls shows those there are`];
    throw usageError(`${what.toUpperCase()}_UNKNOWN`, `the swarm has no ${what} named ${name}`, ...hint);
  };
}

/** Names of what will be there by the time that something is done, though it is not yet. */
export interface Expected {
  readonly networks: readonly string[];
  readonly secrets: readonly string[];
}

/**
 * The same references, in which expected objects stand for themselves. Only for plans: nothing can be made with them.
 */
export function expecting(references: References, { networks, secrets }: Expected): References {
  const or =
    (find: (name: string) => string, names: readonly string[]) =>
    (name: string): string => {
      try {
        return find(name);
      } catch (error) {
        if (names.includes(name)) return name;
        throw error;
      }
    };
  return { ...references, network: or(references.network, networks), secret: or(references.secret, secrets) };
}
