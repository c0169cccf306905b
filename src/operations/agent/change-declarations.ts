import type { DesiredState } from '../../agent/desired-state.js';
import type { ObservedService } from '../../agent/observation.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { singleStep } from '../../plan/single-step.js';
import { leadingAgent } from './leading-agent.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { changeDesiredState, readDesiredState } from '../access/desired-state-store.js';
import { declaredTarget, type ReplicasChange } from './replicas-results.js';
import type { ServiceEntry } from '../../agent/replica-target.js';

interface Declarations {
  readonly state: DesiredState;
  readonly services: readonly ObservedService[];
}

/**
 * Changes the declarations of services. `change` throws for invalid input before anything is written, and is called
 * again if another program has written first. Errors: those of `change`, `guardSwarm` and `changeDesiredState`.
 */
export function changeDeclarations(
  context: OperationContext,
  { swarm, dryRun }: { readonly swarm: string; readonly dryRun: boolean },
  change: (declarations: Declarations) => DesiredState,
): Promise<ReplicasChange> {
  const plan = async ({ access: { engine } }: GuardedSwarm) => {
    const [services, stored, leading] = await Promise.all([
      engine.request<readonly ObservedService[] | null>('GET', '/services', { signal: context.signal }),
      readDesiredState(engine, context.signal),
      leadingAgent(context, swarm),
    ]);
    const next = (state: DesiredState): DesiredState => change({ state, services: services ?? [] });
    const warnings = [
      ...stored.problems.map(({ where, message }) => `${where}: ${message}`),
      ...(leading === undefined
        ? [`no agent leads in swarm ${swarm}, so nothing enforces this: ${swarmup`agent install ${inSwarm(swarm)}`}`]
        : []),
    ];
    const written = (revision: number, before: DesiredState, after: DesiredState): ReplicasChange => ({
      swarm,
      dryRun,
      revision,
      services: changes(before, after, dryRun),
      warnings,
    });
    return singleStep<ReplicasChange>({
      id: 'agent/declare',
      title: 'declare replica counts',
      planned: written(stored.revision, stored.state, next(stored.state)),
      act: async ({ signal }) => {
        let before = stored.state;
        const { revision, state } = await changeDesiredState(engine, signal, (newest) => next((before = newest)));
        return written(revision, before, state);
      },
    });
  };
  return carryOut(context, { swarm, plan }, { dryRun });
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
