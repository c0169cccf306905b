import type { ServiceStatus } from '../../agent/agent-api.js';
import type { ReplicaTarget, ServiceEntry } from '../../agent/replica-target.js';

/** The declaration of a service, without the spec that is stored with it. */
export interface DeclaredTarget extends ReplicaTarget {
  readonly paused?: boolean;
  /** A spec is stored from which the service is made again when it is removed. */
  readonly recreatable: boolean;
}

export function declaredTarget(entry: ServiceEntry): DeclaredTarget {
  const { spec, ...target } = entry;
  return { ...target, recreatable: spec !== undefined };
}

/** The result of a change of the declarations, or the result that it would have. */
export interface ReplicasChange {
  readonly swarm: string;
  readonly dryRun: boolean;
  /** The revision that holds now; with `dryRun` the one that holds still. */
  readonly revision: number;
  readonly services: readonly {
    readonly name: string;
    readonly status: 'changed' | 'would-change' | 'unchanged';
    readonly before: DeclaredTarget | null;
    readonly after: DeclaredTarget | null;
  }[];
  readonly warnings: readonly string[];
}

/** A service that is declared, as it is. */
export interface ReplicasRow extends Pick<
  ServiceStatus,
  'name' | 'declaredBy' | 'want' | 'min' | 'max' | 'maxPerNode' | 'rebalance'
> {
  readonly recreatable: boolean;
  /** The count in the spec of the service; null if the service does not exist or has no count. */
  readonly have: number | null;
  /** Tasks that run on nodes that are Ready. */
  readonly running: number;
  readonly state: 'ok' | 'starting' | 'drift' | 'held' | 'moving' | 'missing' | 'paused' | 'invalid';
  readonly problems: readonly string[];
}

export interface ReplicasListResult {
  readonly swarm: string;
  /** 0: nothing was declared by `replicas set` yet. */
  readonly revision: number;
  readonly services: readonly ReplicasRow[];
  /** What is wrong with declarations but belongs to no service in the list. */
  readonly problems: readonly string[];
  /** The host whose agent enforces all this; null: none does. */
  readonly enforcedBy: string | null;
}

export interface ReplicasHistoryResult {
  readonly swarm: string;
  /** Newest first. */
  readonly revisions: readonly {
    readonly revision: number;
    readonly createdAt: string;
    readonly current: boolean;
    /** What differs from the revision before it, a line each. */
    readonly changes: readonly string[];
  }[];
}

/** The declaration in a few words: `3 (min 1, max 5, paused)` */
export function describeTarget({
  replicas,
  min,
  max,
  maxPerNode,
  rebalance,
  paused,
}: Omit<ServiceEntry, 'spec'>): string {
  const notes = [
    ...(min === undefined ? [] : [`min ${min}`]),
    ...(max === undefined ? [] : [`max ${max}`]),
    ...(maxPerNode === undefined ? [] : [`${maxPerNode} per node`]),
    ...(rebalance === 'never' ? ['never moved'] : []),
    ...(paused === true ? ['paused'] : []),
  ];
  return `${replicas}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}
