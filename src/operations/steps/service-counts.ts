import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { runningOf } from '../../swarm/service-verdict.js';
import { listServices, listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import { stuckReason } from '../../swarm/workload.js';

/** How many tasks of a service run on nodes that are Ready, and how many should. */
export interface ServiceCount {
  readonly service: string;
  readonly running: number;
  readonly wanted: number;
}

/** Services that keep running (no jobs), by name. API: GET /services, /nodes, /tasks. */
export async function serviceCounts(engine: EngineClient, signal: AbortSignal): Promise<readonly ServiceCount[]> {
  return (await stuckServices(engine, signal)).map(({ service, running, wanted }) => ({ service, running, wanted }));
}

/** The same, with what swarm says of tasks that do not run. */
export async function stuckServices(
  engine: EngineClient,
  signal: AbortSignal,
): Promise<readonly (ServiceCount & { readonly why: string | null })[]> {
  const [services, tasks, nodes] = await Promise.all([
    listServices(engine, {}, signal),
    listTasks(engine, {}, signal),
    listWorkloadNodes(engine, signal),
  ]);
  return services
    .map((service) => {
      const mine = tasks.filter(({ ServiceID }) => ServiceID === service.ID);
      const { running, wanted, isJob } = runningOf({ service, tasks: mine, nodes });
      const why = running < wanted ? (stuckReason(mine) ?? null) : null;
      return { service: service.Spec.Name, running, wanted, isJob, why };
    })
    .filter(({ isJob }) => !isJob)
    .map(({ service, running, wanted, why }) => ({ service, running, wanted, why }))
    .sort((a, b) => (a.service < b.service ? -1 : 1));
}

/** The counts of services, and the time since which they have all wanted tasks. */
export interface AwaitedServices {
  readonly services: readonly ServiceCount[];
  /** performance.now(); undefined: they do not have it. */
  readonly backAtMs: number | undefined;
}

const lookMs = 500;
/**
 * The number of consecutive looks at which all tasks must run: a task that is being replaced counts as running for a
 * moment.
 */
const looks = 3;

/**
 * Waits until all services have the wanted tasks on Ready nodes, and keep them. If the time is over before, the last
 * counts are returned anyway.
 */
export async function awaitServices(
  engine: EngineClient,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal; readonly detail: (message: string) => void },
): Promise<AwaitedServices> {
  let services: readonly ServiceCount[] = [];
  let since: number | undefined;
  let seen = 0;
  let said = '';
  try {
    return await withDeadline({ ...options, what: 'all services to run' }, async (signal) => {
      for (;;) {
        services = await serviceCounts(engine, signal);
        const lacking = services.filter(({ running, wanted }) => running < wanted);
        const lackingText = lacking.map((s) => `${s.service} ${s.running}/${s.wanted}`).join(', ');
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
