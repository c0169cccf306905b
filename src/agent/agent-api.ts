/** The HTTP port of the agent on 127.0.0.1 of its host. */
export const agentPort = 9464;
/** How its complaint begins that it cannot listen there. */
export const cannotServe = 'cannot serve its state';
export const agentPaths = {
  /** Prometheus text format. */
  metrics: '/metrics',
  /** 200 while the agent does its work (a standby does: it waits), else 503; the body is a HealthReport. */
  health: '/healthz',
  /** AgentEvent per line. `?since=<seq>`: only later ones. `?follow=1`: keeps streaming. */
  events: '/events',
  /** AgentStatus. */
  status: '/status',
} as const;

/**
 * starting: has not read the swarm yet; leader: acts; standby: another manager's agent acts; no-quorum: the swarm has
 * no leader, nothing can be changed; not-manager: this host is not a manager (any longer); locked: the manager waits
 * for its unlock key; error: the engine does not answer.
 */
export type AgentState = 'starting' | 'leader' | 'standby' | 'no-quorum' | 'not-manager' | 'locked' | 'error';

export interface HealthReport {
  readonly state: AgentState;
  /** Milliseconds since the swarm was last read as a whole. */
  readonly lastSyncMs: number | null;
  readonly message?: string;
}

/** What an event is about; stable names, for filters and alerts. */
type AgentEventKind =
  | 'agent-started'
  | 'leader-gained'
  | 'leader-lost'
  | 'agent-error'
  | 'drift-corrected'
  | 'drift-contested'
  | 'mode-corrected'
  | 'service-held'
  | 'service-missing'
  | 'service-recreated'
  | 'update-conflict'
  | 'action-failed'
  | 'rollback-point-replaced'
  | 'rebalance-started'
  | 'rebalance-finished'
  | 'rebalance-abandoned'
  | 'bad-declaration'
  | 'tasks-stuck'
  | 'tasks-recovered'
  | 'fault-tolerance-lost'
  | 'fault-tolerance-restored'
  | 'quorum-lost'
  | 'quorum-restored'
  | 'manager-promoted'
  | 'manager-demoted'
  | 'node-state'
  | 'duplicate-removed'
  | 'version-skew'
  | 'certificate-expiry'
  | 'disk-full';

export interface AgentEvent {
  /** Rises by at least one with every event of a host, over restarts of its agent too. */
  readonly seq: number;
  /** RFC 3339 UTC. */
  readonly time: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly kind: AgentEventKind;
  /** One line. */
  readonly message: string;
  /** The hostname of the node whose agent says it. */
  readonly source: string;
  readonly service?: string;
  /** The hostname of the node it is about. */
  readonly node?: string;
  readonly data?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface ServiceStatus {
  readonly name: string;
  readonly declaredBy: 'config' | 'labels' | 'both';
  /** The declared count; null when the declaration cannot be used (see problems). */
  readonly want: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly maxPerNode: number | null;
  readonly rebalance: 'auto' | 'never';
  readonly paused: boolean;
  /** The count in the service's spec; null if the service is missing or has no count (global mode). */
  readonly have: number | null;
  /** Tasks that run on nodes that are Ready. */
  readonly running: number;
  /** missing: declared, but the service does not exist. held: not changed for now, see problems. */
  readonly state: 'ok' | 'drift' | 'held' | 'missing' | 'paused' | 'moving' | 'invalid';
  /** Corrections since the agent started. */
  readonly corrections: number;
  readonly problems: readonly string[];
}

export interface AgentStatus {
  readonly agentVersion: string;
  readonly state: AgentState;
  /** RFC 3339 UTC; null when this agent does not lead. */
  readonly leaderSince: string | null;
  readonly node: string;
  readonly startedAt: string;
  readonly lastSyncMs: number | null;
  readonly revision: number;
  readonly managers: {
    readonly total: number;
    readonly reachable: number;
    readonly quorum: number;
    /** The number of further managers that may fail before the swarm cannot be changed. */
    readonly mayFail: number;
  };
  /** Empty on a standby: ask the leader. */
  readonly services: readonly ServiceStatus[];
  /** Everything that is wrong now, not only with services: one line each. */
  readonly problems: readonly string[];
}
