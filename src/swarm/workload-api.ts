import type { EngineClient } from '../lib/engine-client.js';
import type { Service, ServiceSpec, Task, WorkloadNode } from './workload.js';

type Signal = AbortSignal | undefined;
type Filters = Readonly<Record<string, readonly string[]>>;

const list = async <T>(engine: EngineClient, path: string, filters: Filters, signal: Signal): Promise<readonly T[]> => {
  const query = Object.keys(filters).length === 0 ? {} : { filters: JSON.stringify(filters) };
  return (await engine.request<readonly T[] | null>('GET', path, { query, signal })) ?? [];
};

export const listServices = (engine: EngineClient, filters: Filters, signal: Signal): Promise<readonly Service[]> =>
  list(engine, '/services', filters, signal);

/** With their history, unless `desired-state` is among the filters. */
export const listTasks = (engine: EngineClient, filters: Filters, signal: Signal): Promise<readonly Task[]> =>
  list(engine, '/tasks', filters, signal);

export const listWorkloadNodes = (engine: EngineClient, signal: Signal): Promise<readonly WorkloadNode[]> =>
  list(engine, '/nodes', {}, signal);

/** Resolves to the ID. `registryAuth`: base64url JSON for X-Registry-Auth, never logged. */
export async function createService(
  engine: EngineClient,
  spec: ServiceSpec,
  options: { readonly registryAuth?: string | undefined; readonly signal: Signal },
): Promise<string> {
  const headers = options.registryAuth === undefined ? {} : { 'x-registry-auth': options.registryAuth };
  const { ID } = await engine.request<{ readonly ID: string }>('POST', '/services/create', {
    body: spec,
    headers,
    signal: options.signal,
  });
  return ID;
}

/**
 * Writes to the version that was read; the engine refuses it if another program has written first ("update out of
 * sequence").
 */
export async function updateService(
  engine: EngineClient,
  service: Service,
  spec: ServiceSpec,
  options: { readonly rollback?: boolean; readonly registryAuth?: string | undefined; readonly signal: Signal },
): Promise<void> {
  const auth = options.registryAuth;
  await engine.request('POST', `/services/${service.ID}/update`, {
    query: {
      version: service.Version.Index,
      registryAuthFrom: options.rollback === true ? 'previous-spec' : 'spec',
      rollback: options.rollback === true ? 'previous' : undefined,
    },
    headers: auth === undefined ? {} : { 'x-registry-auth': auth },
    body: spec,
    signal: options.signal,
  });
}

export const removeService = (engine: EngineClient, id: string, signal: Signal): Promise<void> =>
  engine.request('DELETE', `/services/${id}`, { signal });
