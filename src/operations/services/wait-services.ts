import type { EngineClient } from '../../lib/engine-client.js';
import { together } from '../../lib/together.js';
import type { Plan } from '../../plan/plan.js';
import { requireDone } from '../../plan/require-done.js';
import type { StepContext } from '../../plan/step.js';
import { type Baseline, baselineOf } from '../../swarm/service-verdict.js';
import { listServices, listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { hostNamer } from '../access/swarm-access.js';
import type { ServiceOutcome } from './service-results.js';
import { type ChangedService, type Looked, ServiceWatch } from './service-watch.js';

interface WaitOptions {
  readonly swarm: string;
  readonly timeoutMs: number;
}

/** Within which services that are waited for at once ask together. */
const gatherMs = 20;

/** The state of a service to remember before a change. API: GET /tasks, /nodes. */
export async function serviceBaseline(
  engine: EngineClient,
  name: string,
  options: { readonly signal: AbortSignal; readonly wantsRollback?: boolean },
): Promise<Baseline> {
  const [tasks, nodes] = await Promise.all([
    listTasks(engine, { service: [name] }, options.signal),
    listWorkloadNodes(engine, options.signal),
  ]);
  return baselineOf({ tasks, nodes }, options.wantsRollback);
}

/**
 * Waits until every service has become what its spec says, will not get there, or the time is over: one outcome each,
 * with the failed tasks, their nodes, the reasons and their last output. Details are the tasks whose states change.
 * Errors: only those of the engine, and the caller's abort.
 */
export async function planWaiting(
  context: OperationContext,
  engine: EngineClient,
  changed: readonly ChangedService[],
  { swarm, timeoutMs }: WaitOptions,
): Promise<Pick<Plan<readonly ServiceOutcome[]>, 'steps' | 'result'>> {
  const hostOf = await hostNamer(context, engine, swarm);
  const ids = changed.map(({ id }) => id);
  const look = together(() => lookAt(engine, ids, context.signal), gatherMs);
  const watches = changed.map((service) => new ServiceWatch(service, { engine, look, hostOf, timeoutMs }));
  const steps = watches.map((watch) => ({
    id: `${watch.changed.name}/converge`,
    title: `service ${watch.changed.name}`,
    needs: [],
    // The watch ends by itself, with the last state that it saw.
    timeoutMs: timeoutMs + 60_000,
    run: (step: StepContext) => watch.untilEnded(step),
  }));
  return {
    steps,
    result: (outcome) => {
      context.signal.throwIfAborted();
      // What failed without a verdict could not be watched.
      requireDone(
        steps.filter((_, i) => watches[i]?.outcome === undefined),
        outcome,
      );
      return watches.flatMap(({ outcome: found }) => found ?? []);
    },
  };
}

async function lookAt(engine: EngineClient, ids: readonly string[], signal: AbortSignal): Promise<Looked> {
  // Services first: tasks that are read later are at least as new as the spec they are compared with.
  const services = await listServices(engine, { id: ids }, signal);
  const [tasks, nodes] = await Promise.all([
    listTasks(engine, { service: ids }, signal),
    listWorkloadNodes(engine, signal),
  ]);
  return { services, tasks, nodes };
}
