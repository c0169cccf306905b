import { declaredFor, type DesiredState } from '../../agent/desired-state.js';
import type { ObservedService } from '../../agent/observation.js';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { swarmup } from '../../lib/typed-command.js';
import { changeDeclarations } from './change-declarations.js';
import type { OperationContext } from '../access/context.js';
import type { ReplicasChange } from './replicas-results.js';
import type { ServiceEntry } from '../../agent/replica-target.js';

export interface EntriesRequest {
  readonly swarm: string;
  /** Services by name. */
  readonly names: readonly string[];
  /** All that are declared, instead of names. */
  readonly all: boolean;
  readonly dryRun: boolean;
}

/**
 * Forgets what `replicas set` declared for services: their counts are the user's again. Labels of a service still hold.
 * Errors (exit 2): REPLICAS_NOT_DECLARED, REPLICAS_INVALID; those of `openSwarm` and `changeDesiredState`.
 */
export async function unsetReplicas(context: OperationContext, request: EntriesRequest): Promise<ReplicasChange> {
  return changeDeclarations(context, request, ({ state, services }) => {
    const { kept } = state;
    const declared = [...Object.keys(state.services), ...Object.keys(kept?.entries ?? {})];
    const names = new Set(chosen(request, declared));
    for (const name of names) if (!declared.includes(name)) throw notDeclared(name, state, labelled(name, services));
    const without = <T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
      Object.fromEntries(Object.entries(entries).filter(([name]) => !names.has(name)));
    const rest = { ...state, services: without(state.services) };
    return kept === undefined ? rest : { ...rest, kept: { ...kept, entries: without(kept.entries) } };
  });
}

/**
 * Stops (or resumes) maintaining the replica counts of services; the declarations stay. Services that are declared by
 * labels get an entry. Errors: as `unsetReplicas`.
 */
export async function pauseReplicas(
  context: OperationContext,
  request: EntriesRequest,
  paused: boolean,
): Promise<ReplicasChange> {
  return changeDeclarations(context, request, ({ state, services }) => {
    const byLabels = services.filter(({ Spec }) => labelled(Spec.Name, services) !== undefined);
    const declared = [...Object.keys(state.services), ...byLabels.map(({ Spec }) => Spec.Name)];
    return chosen(request, [...new Set(declared)]).reduce<DesiredState>((before, name) => {
      const entry = before.services[name] ?? labelled(name, services);
      if (entry === undefined) throw notDeclared(name, state, undefined);
      return { ...before, services: { ...before.services, [name]: withPaused(entry, paused) } };
    }, state);
  });
}

/** In the order in which an entry is read back. */
function withPaused(entry: ServiceEntry, paused: boolean): ServiceEntry {
  const { replicas, min, max, maxPerNode, rebalance, spec } = entry;
  return {
    replicas,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(maxPerNode !== undefined && { maxPerNode }),
    ...(rebalance !== undefined && { rebalance }),
    ...(paused && { paused }),
    ...(spec !== undefined && { spec }),
  };
}

function chosen({ names, all }: EntriesRequest, declared: readonly string[]): readonly string[] {
  if (all && names.length > 0)
    throw usageError('REPLICAS_INVALID', '--all and names of services cannot be used together');
  if (!all && names.length === 0)
    throw usageError('REPLICAS_INVALID', 'no service was named', 'name services, or use --all');
  return all ? declared : [...new Set(names)];
}

/** What the labels of a service declare by themselves. */
function labelled(name: string, services: readonly ObservedService[]): ServiceEntry | undefined {
  const service = services.find(({ Spec }) => Spec.Name === name);
  return service === undefined ? undefined : declaredFor(name, service.Spec.Labels, undefined).target;
}

function notDeclared(name: string, state: DesiredState, byLabels: ServiceEntry | undefined): Error {
  if (byLabels !== undefined)
    return usageError(
      'REPLICAS_NOT_DECLARED',
      `${name} is declared by its labels only`,
      `docker service update --label-rm swarmup.replicas ${name} removes that declaration`,
      `${swarmup`replicas pause ${name}`} stops holding it`,
    );
  return usageError(
    'REPLICAS_NOT_DECLARED',
    `no replica count is declared for a service named ${name}`,
    ...nearest(name, Object.keys(state.services)).map((proposal) => `did you mean ${proposal}?`),
    `${swarmup`replicas ls`} shows what is declared`,
  );
}
