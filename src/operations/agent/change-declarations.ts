import type { DesiredState } from '../../agent/desired-state.js';
import type { ObservedService } from '../../agent/observation.js';
import { leadingAgent } from './leading-agent.js';
import type { OperationContext } from '../access/context.js';
import { changeDesiredState, readDesiredState } from '../access/desired-state-store.js';
import { declaredTarget, type ReplicasChange } from './replicas-results.js';
import { openWritable } from '../access/guard-swarm.js';
import type { ServiceEntry } from '../../agent/replica-target.js';

interface Declarations {
  readonly state: DesiredState;
  readonly services: readonly ObservedService[];
}

/**
 * Changes what is declared for services. `change` throws for bad input before anything is written, and may be asked
 * again when somebody else was quicker. Errors: those of `change`, `openWritable` and `changeDesiredState`.
 */
export async function changeDeclarations(
  context: OperationContext,
  request: { readonly swarm: string; readonly dryRun: boolean },
  change: (declarations: Declarations) => DesiredState,
): Promise<ReplicasChange> {
  const { swarm, dryRun } = request;
  const { signal } = context;
  const { engine } = await openWritable(context, swarm);
  const [services, stored, leading] = await Promise.all([
    engine.request<readonly ObservedService[] | null>('GET', '/services', { signal }),
    readDesiredState(engine, signal),
    leadingAgent(context, swarm),
  ]);
  let before = stored.state;
  const next = (state: DesiredState): DesiredState => {
    before = state;
    return change({ state, services: services ?? [] });
  };
  const written = dryRun
    ? { revision: stored.revision, state: next(stored.state) }
    : await changeDesiredState(engine, signal, next);
  return {
    swarm,
    dryRun,
    revision: written.revision,
    services: changes(before, written.state, dryRun),
    warnings: [
      ...stored.problems.map(({ where, message }) => `${where}: ${message}`),
      ...(leading === undefined
        ? [`no agent leads in swarm ${swarm}, so nothing enforces this: swarmup agent install`]
        : []),
    ],
  };
}

function changes(before: DesiredState, after: DesiredState, dryRun: boolean): ReplicasChange['services'] {
  const unusable = before.kept?.entries ?? {};
  const names = [
    ...new Set([...Object.keys(before.services), ...Object.keys(after.services), ...Object.keys(unusable)]),
  ].sort();
  return names.flatMap((name) => {
    const [from, to] = [before.services[name], after.services[name]];
    const isForgotten = name in unusable && to === undefined && !(name in (after.kept?.entries ?? {}));
    if (isForgotten) return [{ name, status: dryRun ? 'would-change' : 'changed', before: null, after: null }] as const;
    // What `change` did not touch is the very same object.
    if (from === to) return [];
    const status = JSON.stringify(from) === JSON.stringify(to) ? 'unchanged' : dryRun ? 'would-change' : 'changed';
    return [{ name, status, before: shown(from), after: shown(to) }] as const;
  });
}

const shown = (entry: ServiceEntry | undefined) => (entry === undefined ? null : declaredTarget(entry));
