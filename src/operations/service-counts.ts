import { setTimeout as sleepFor } from 'node:timers/promises';
import {
  type ObservedNode,
  type ObservedService,
  type ObservedTask,
  replicasOf,
  runningTasks,
} from '../agent/observation.js';
import { withDeadline } from '../lib/abort.js';
import type { EngineClient } from '../lib/engine-client.js';
import { SwarmupError } from '../lib/errors.js';
import { swarmNodes } from '../swarm/swarm-api.js';

/** How many tasks of a service run on nodes that are Ready, and how many should. */
export interface ServiceCount {
  readonly service: string;
  readonly running: number;
  readonly wanted: number;
}

type CountedService = ObservedService & { readonly ServiceStatus?: { readonly DesiredTasks?: number } };

/** Services that keep running (no jobs), by name. API: GET /services?status, /nodes, /tasks. */
async function serviceCounts(engine: EngineClient, signal: AbortSignal): Promise<readonly ServiceCount[]> {
  const filters = JSON.stringify({ 'desired-state': ['running'] });
  const [services, nodes, tasks] = await Promise.all([
    engine.request<readonly CountedService[] | null>('GET', '/services', { query: { status: true }, signal }),
    swarmNodes(engine, signal) as Promise<readonly ObservedNode[]>,
    engine.request<readonly ObservedTask[] | null>('GET', '/tasks', { query: { filters }, signal }),
  ]);
  const running = runningTasks({ nodes, tasks: tasks ?? [] });
  return (services ?? [])
    .filter(({ Spec }) => replicasOf(Spec) !== undefined || Spec.Mode?.['Global'] !== undefined)
    .map(({ ID, Spec, ServiceStatus }) => ({
      service: Spec.Name,
      running: running.get(ID)?.length ?? 0,
      wanted: replicasOf(Spec) ?? ServiceStatus?.DesiredTasks ?? 0,
    }))
    .sort((a, b) => (a.service < b.service ? -1 : 1));
}

const lookMs = 500;
/** So often in a row all must run: what is being replaced is counted as running for a moment. */
const looks = 3;

/**
 * Waits until all services have the tasks they want on Ready nodes, and keep them. `backAtMs` is when they first had
 * them (performance.now()); undefined when the time was over before that: the last counts are returned all the same.
 */
export async function awaitServices(
  engine: EngineClient,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal; readonly detail: (message: string) => void },
): Promise<{ readonly services: readonly ServiceCount[]; readonly backAtMs: number | undefined }> {
  let services: readonly ServiceCount[] = [];
  let since: number | undefined;
  let seen = 0;
  let said = '';
  try {
    return await withDeadline({ ...options, what: 'all services to run' }, async (signal) => {
      for (;;) {
        services = await serviceCounts(engine, signal);
        const lacking = services.filter(({ running, wanted }) => running < wanted);
        const lackingText = lacking.map((s) => `${s.service} ${String(s.running)}/${String(s.wanted)}`).join(', ');
        if (lackingText !== '' && lackingText !== said) options.detail(lackingText);
        said = lackingText;
        if (lacking.length > 0) [since, seen] = [undefined, 0];
        else [since, seen] = [since ?? performance.now(), seen + 1];
        if (seen >= looks) return { services, backAtMs: since };
        await sleepFor(lookMs, undefined, { signal });
      }
    });
  } catch (error) {
    if (!(error instanceof SwarmupError && error.code === 'TIMEOUT')) throw error;
    return { services, backAtMs: undefined };
  }
}
