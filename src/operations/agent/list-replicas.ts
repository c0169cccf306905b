import { declaredFor, wantedReplicas } from '../../agent/desired-state.js';
import { busyWith, type ObservedService, replicasOf, runningTasks } from '../../agent/observation.js';
import { surgeOf } from '../../agent/service-change.js';
import type { OperationContext } from '../access/context.js';
import { leadingAgent } from './leading-agent.js';
import { observeServices, type ServicesSeen } from '../access/observe-services.js';
import type { ReplicasListResult, ReplicasRow } from './replicas-results.js';
import { openSwarm } from '../access/swarm-access.js';
import type { Problem, ServiceEntry } from '../../agent/replica-target.js';

/**
 * The declared and the actual replica counts in a swarm; counts are declared by `replicas set` or by labels. Errors:
 * those of `openSwarm`.
 */
export async function listReplicas(context: OperationContext, swarm: string): Promise<ReplicasListResult> {
  const { engine } = await openSwarm(context, swarm);
  const [seen, leading] = await Promise.all([observeServices(engine, context.signal), leadingAgent(context, swarm)]);
  const { rows, problems } = replicasRows(seen);
  return { swarm, revision: seen.desired.revision, services: rows, problems, enforcedBy: leading?.host ?? null };
}

/** One row for each service that something is declared for, even if it cannot be used. Pure. */
function replicasRows(seen: ServicesSeen): {
  readonly rows: readonly ReplicasRow[];
  readonly problems: readonly string[];
} {
  const running = runningTasks(seen);
  const { state, problems } = seen.desired;
  const byName = new Map(seen.services.map((service) => [service.Spec.Name, service]));
  const names = [
    ...new Set([...byName.keys(), ...Object.keys(state.services), ...problems.flatMap((p) => p.service ?? [])]),
  ];
  const rows = names.sort().flatMap((name): ReplicasRow[] => {
    const service = byName.get(name);
    const mine = problems.filter((problem) => problem.service === name);
    const count = service === undefined ? 0 : (running.get(service.ID)?.length ?? 0);
    return rowOf(name, service, state.services[name], mine, count);
  });
  const left = problems.filter((problem) => problem.service === undefined);
  return { rows, problems: left.map(({ where, message }) => `${where}: ${message}`) };
}

function rowOf(
  name: string,
  service: ObservedService | undefined,
  entry: ServiceEntry | undefined,
  ofConfig: readonly Problem[],
  running: number,
): ReplicasRow[] {
  const declared = declaredFor(name, service?.Spec.Labels, entry);
  const problems = [...ofConfig, ...declared.problems].map(({ message }) => message);
  const by = declared.declaredBy ?? (ofConfig.length > 0 ? 'config' : 'labels');
  if (declared.declaredBy === undefined && problems.length === 0) return [];
  const base = { name, declaredBy: by, ...bounds(declared.target), recreatable: entry?.spec !== undefined, running };
  const have = service === undefined ? undefined : replicasOf(service.Spec);
  if (service !== undefined && have === undefined) {
    problems.push(noCount(service));
    if (!base.recreatable) return [{ ...base, want: null, have: null, state: 'invalid', problems }];
  }
  return [
    {
      ...base,
      want: wanted(declared.target, have),
      have: have ?? null,
      state: stateOf(service, declared.target, running),
      problems,
    },
  ];
}

function bounds(target: ServiceEntry | undefined): Pick<ReplicasRow, 'min' | 'max' | 'maxPerNode' | 'rebalance'> {
  const { min = null, max = null, maxPerNode = null, rebalance = 'auto' } = target ?? {};
  return { min, max, maxPerNode, rebalance };
}

function wanted(target: ServiceEntry | undefined, have: number | undefined): number | null {
  if (target === undefined) return null;
  return have === undefined ? target.replicas : wantedReplicas(target, have);
}

function noCount({ Spec }: ObservedService): string {
  return `the service is in ${Object.keys(Spec.Mode ?? {})[0]?.toLowerCase() ?? 'an unknown'} mode, which has no replica count`;
}

function stateOf(
  service: ObservedService | undefined,
  target: ServiceEntry | undefined,
  running: number,
): ReplicasRow['state'] {
  if (target === undefined) return 'invalid';
  if (target.paused === true) return 'paused';
  if (service === undefined) return 'missing';
  const have = replicasOf(service.Spec);
  if (have !== undefined && surgeOf(service.Spec) !== undefined) return 'moving';
  if (have === undefined || have !== wantedReplicas(target, have))
    return busyWith(service) === undefined ? 'drift' : 'held';
  return running < have ? 'starting' : 'ok';
}
