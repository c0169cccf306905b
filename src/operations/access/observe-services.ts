import type { ObservedNode, ObservedService, ObservedTask } from '../../agent/observation.js';
import type { EngineClient } from '../../lib/engine-client.js';
import type { StoredState } from './desired-state-store.js';
import { readDesiredState } from './desired-state-store.js';

/** The actual and the declared services, read at about the same time. */
export interface ServicesSeen {
  readonly nodes: readonly ObservedNode[];
  readonly services: readonly ObservedService[];
  /** Those that should run. */
  readonly tasks: readonly ObservedTask[];
  readonly desired: StoredState;
}

/** API: GET /nodes, /services, /tasks, /configs. */
export async function observeServices(engine: EngineClient, signal: AbortSignal): Promise<ServicesSeen> {
  const list = async <T>(path: string, filters?: object): Promise<readonly T[]> => {
    const query = filters === undefined ? {} : { filters: JSON.stringify(filters) };
    return (await engine.request<readonly T[] | null>('GET', path, { query, signal })) ?? [];
  };
  const [nodes, services, tasks, desired] = await Promise.all([
    list<ObservedNode>('/nodes'),
    list<ObservedService>('/services'),
    list<ObservedTask>('/tasks', { 'desired-state': ['running'] }),
    readDesiredState(engine, signal),
  ]);
  return { nodes, services, tasks, desired };
}
