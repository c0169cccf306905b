import { declaredFor, type DesiredState } from '../../agent/desired-state.js';
import type { ServiceSpec } from '../../swarm/workload.js';
import type { ObservedService } from '../../agent/observation.js';
import { replicasOf } from '../../agent/observation.js';
import { withoutSurge } from '../../agent/service-change.js';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { swarmup } from '../../lib/typed-command.js';
import { changeDeclarations } from './change-declarations.js';
import type { OperationContext } from '../access/context.js';
import type { ReplicasChange } from './replicas-results.js';
import type { ServiceEntry } from '../../agent/replica-target.js';

export interface SetReplicasRequest {
  readonly swarm: string;
  /** As typed: `web=3`. */
  readonly counts: readonly string[];
  /** undefined: the value stays as it is; null: the declaration of the value is removed. */
  readonly min?: number | null | undefined;
  readonly max?: number | null | undefined;
  readonly maxPerNode?: number | null | undefined;
  readonly rebalance?: 'auto' | 'never' | undefined;
  /** Store the specs, so that the services are made again when they are removed. */
  readonly storeSpec: boolean;
  readonly dryRun: boolean;
}

/**
 * Declares the replica counts of services: all of them, or none if one is invalid. Declarations of services that are
 * not named stay. The agent does the rest. Errors (exit 2): REPLICAS_INVALID, SERVICE_UNKNOWN, SERVICE_NOT_REPLICATED;
 * those of `openSwarm` and of `changeDesiredState`.
 */
export async function setReplicas(context: OperationContext, request: SetReplicasRequest): Promise<ReplicasChange> {
  const counts = parseCounts(request.counts);
  return changeDeclarations(context, request, ({ state, services }) =>
    [...counts].reduce<DesiredState>((before, [name, replicas]) => {
      const service = services.find(({ Spec }) => Spec.Name === name);
      const entry = nextEntry(name, replicas, before.services[name], service, request, services);
      return { ...before, services: { ...before.services, [name]: entry } };
    }, state),
  );
}

/** `web=3 api=2` as a map. Errors: REPLICAS_INVALID (exit 2). */
function parseCounts(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) {
    const [, name, digits] = /^([\w][\w.-]*)=(\d{1,5})$/.exec(word) ?? [];
    if (name === undefined || digits === undefined)
      throw invalid(
        `${JSON.stringify(word)} is not SERVICE=COUNT`,
        `for example: ${swarmup`replicas set web=3 api=2`}`,
      );
    if (counts.has(name)) throw invalid(`${name} is named twice`);
    counts.set(name, Number(digits));
  }
  return counts;
}

function nextEntry(
  name: string,
  replicas: number,
  before: ServiceEntry | undefined,
  service: ObservedService | undefined,
  request: SetReplicasRequest,
  services: readonly ObservedService[],
): ServiceEntry {
  const stored = specOf(name, replicas, before, service, services);
  // In the order in which an entry is read back, so that the same declaration is the same text.
  const entry = {
    replicas,
    ...given(before, request),
    ...(before?.paused === true && { paused: true }),
    ...(request.storeSpec && { spec: stored }),
  };
  const { problems, target } = declaredFor(name, service?.Spec.Labels, entry);
  if (target === undefined) throw contradiction(name, problems[0]?.message ?? 'it cannot be used');
  return entry;
}

/**
 * The spec from which a removed service is made again: its present spec, or the spec that was stored before the
 * removal.
 */
function specOf(
  name: string,
  replicas: number,
  before: ServiceEntry | undefined,
  service: ObservedService | undefined,
  services: readonly ObservedService[],
): ServiceSpec {
  if (service !== undefined) {
    if (replicasOf(service.Spec) === undefined) throw notReplicated(service);
    return withoutSurge(service.Spec, replicas);
  }
  if (before?.spec === undefined) throw unknownService(name, services);
  return before.spec;
}

function given(before: ServiceEntry | undefined, request: SetReplicasRequest): Omit<ServiceEntry, 'replicas'> {
  const fields = ['min', 'max', 'maxPerNode', 'rebalance'] as const;
  const values = fields.map((field) => {
    const value = request[field];
    return [field, value === undefined ? before?.[field] : value] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== null));
}

function unknownService(name: string, services: readonly ObservedService[]): Error {
  const names = services.filter(({ Spec }) => replicasOf(Spec) !== undefined).map(({ Spec }) => Spec.Name);
  const proposals = nearest(name, names);
  return usageError(
    'SERVICE_UNKNOWN',
    `there is no service named ${name}`,
    ...proposals.map((proposal) => `did you mean ${proposal}?`),
    names.length === 0 ? 'no service in the swarm has a replica count' : 'docker service ls shows all services',
  );
}

function notReplicated({ Spec }: ObservedService): Error {
  const mode = Object.keys(Spec.Mode ?? {})[0]?.toLowerCase() ?? 'an unknown';
  return usageError(
    'SERVICE_NOT_REPLICATED',
    `${Spec.Name} is in ${mode} mode, which has no replica count`,
    'only replicated services have a replica count',
  );
}

function contradiction(name: string, why: string): Error {
  const bounds = why.includes('below min') || why.includes('above max') || why.includes('min ');
  return invalid(
    `${name}: ${why}`,
    ...(bounds ? ['change the bounds with --min N and --max N, or remove them with --min none and --max none'] : []),
  );
}

const invalid = (message: string, ...hints: string[]): Error => usageError('REPLICAS_INVALID', message, ...hints);
