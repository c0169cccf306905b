import type { ServiceSpec } from '../swarm/workload.js';

/**
 * The declaration for a service. `replicas` is the count; with `min` or `max`, any count from `min` to `max` is
 * accepted, and a count outside is moved to the nearer end (a missing bound is `replicas`).
 */
export interface ReplicaTarget {
  readonly replicas: number;
  readonly min?: number;
  readonly max?: number;
  readonly maxPerNode?: number;
  /** `never`: its tasks are not moved. */
  readonly rebalance?: 'auto' | 'never';
}

/** The entry of a service in the config object. */
export interface ServiceEntry extends ReplicaTarget {
  /** Not enforced for now. */
  readonly paused?: boolean;
  /** The spec from which a removed service is made again; without it, the removal is only reported. */
  readonly spec?: ServiceSpec;
}

export interface DesiredSettings {
  readonly rebalance: {
    readonly enabled: boolean;
    /**
     * A move replaces what `docker service rollback` returns to, so a service whose last update can be rolled back is
     * left alone: for this long after the update, or for ever when null.
     */
    readonly rollbackGraceSeconds: number | null;
  };
  /** Replacement of a manager that is dead for longer than the grace time by a worker labelled `swarmup.promotable=true`. */
  readonly promote: {
    readonly enabled: boolean;
    readonly graceSeconds: number;
    /** The number of managers wanted (odd). */
    readonly managers: number;
  };
}

/** Something a user wrote that cannot be enforced; the rest is. */
export interface Problem {
  /** Where: `service web`, `settings.promote`, `config swarmup.replicas.7`. */
  readonly where: string;
  readonly message: string;
  /** Set when it is about one service. */
  readonly service?: string;
}
