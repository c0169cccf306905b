import type { EngineClient } from '../../lib/engine-client.js';
import type { Plan } from '../../plan/plan.js';
import { requireWhole } from '../../plan/require-done.js';
import type { PlanOutcome, Step } from '../../plan/step.js';
import type { OperationContext } from '../access/context.js';
import type { ServiceChangeKind, ServiceOutcome } from './service-results.js';
import type { ChangedService } from './service-watch.js';
import { planWaiting } from './wait-services.js';

/** The options that all changes of services share. */
export interface ServiceRequest {
  readonly swarm: string;
  readonly dryRun: boolean;
  /** Do not wait for the service to converge. */
  readonly detach: boolean;
  readonly timeoutMs: number;
}

/** A change of one service, as it is planned, and what makes it. */
export interface ServiceChange {
  readonly name: string;
  readonly change: ServiceChangeKind;
  readonly act: (signal: AbortSignal) => Promise<ChangedService>;
}

interface ChangesPlan<R> {
  readonly changes: readonly ServiceChange[];
  /** The work before all of them. */
  readonly before?: readonly Step[];
  readonly result: (services: readonly ServiceOutcome[]) => R;
}

/** Changes services, all at once, and then waits for all of them. When a change fails, its error is that of the plan. */
export function planChanges<R>(
  context: OperationContext,
  engine: EngineClient,
  { dryRun, detach, ...wait }: ServiceRequest,
  { changes, before = [], result }: ChangesPlan<R>,
): Plan<R> {
  const changed = new Map<string, ChangedService>();
  const steps = changes.map(({ name, change, act }): Step => ({
    ...{ id: `${name}/change`, title: `service ${name}: ${change}`, hidden: true },
    needs: before.map(({ id }) => id),
    timeoutMs: 5 * 60_000,
    run: async ({ signal }) => {
      changed.set(name, await act(signal));
      return 'changed';
    },
  }));
  const asChanged = (): readonly ChangedService[] => changes.flatMap(({ name }) => changed.get(name) ?? []);
  return {
    steps: [...before, ...steps],
    ...(!detach && {
      next: async () => {
        const waiting = await planWaiting(context, engine, asChanged(), wait);
        return { ...waiting, result: async (outcome: PlanOutcome) => result(await waiting.result(outcome)) };
      },
    }),
    result: (outcome) => {
      requireWhole(outcome);
      return result(
        dryRun
          ? changes.map(({ name, change }) => unwatched(name, change, 'planned'))
          : asChanged().map(({ name, change }) => unwatched(name, change, 'detached')),
      );
    },
  };
}

/** The result of a service that was not waited for. */
export const unwatched = (
  service: string,
  change: ServiceChangeKind,
  state: ServiceOutcome['state'],
): ServiceOutcome => ({
  ...{ service, change, state, reason: null, message: '' },
  ...{ running: 0, wanted: 0, failures: [], elapsedMs: 0 },
});
