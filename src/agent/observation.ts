import type { SwarmNode } from '../swarm/swarm-api.js';
import type { CurrentDesiredState, ServiceSpec } from './desired-state.js';

/** The parts of the Engine API's answers that the agent reads (API reference, "Service", "Task", "Node"). */
export interface ObservedService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: ServiceSpec;
  readonly PreviousSpec?: ServiceSpec | null;
  readonly UpdateStatus?: {
    readonly State?: string;
    readonly CompletedAt?: string;
    readonly Message?: string;
  } | null;
}

export interface ObservedTask {
  readonly ID: string;
  readonly ServiceID: string;
  readonly NodeID?: string;
  readonly DesiredState: string;
  readonly Status: {
    readonly State: string;
    readonly Message?: string;
    readonly Err?: string;
  };
}

export interface ObservedNode extends SwarmNode {
  readonly CreatedAt?: string;
  readonly UpdatedAt?: string;
  readonly Description: SwarmNode['Description'] & {
    readonly Platform?: { readonly Architecture?: string; readonly OS?: string };
    readonly Engine?: { readonly EngineVersion?: string; readonly Labels?: Readonly<Record<string, string>> | null };
  };
}

/** What the agent knows of its own host. */
export interface HostFacts {
  /** Of the file system that holds Docker's data. */
  readonly diskUsedPercent?: number;
  readonly certificates: readonly { readonly what: string; readonly expiresMs: number }[];
}

/** Everything the reconciler decides by. */
export interface Observation {
  /** A monotonic clock: the wall clock may jump. */
  readonly nowMs: number;
  /** For what is compared with times that others wrote. */
  readonly wallMs: number;
  /** The own node's ID. */
  readonly selfId: string;
  readonly nodes: readonly ObservedNode[];
  readonly services: readonly ObservedService[];
  /** Those that should run, and of services that lack some the failed ones too. */
  readonly tasks: readonly ObservedTask[];
  readonly desired: CurrentDesiredState;
  /** By service name: the last spec seen, fresher than the one stored in the desired state. */
  readonly lastSpecs: ReadonlyMap<string, ServiceSpec>;
  readonly host: HostFacts;
}

/** True when the own node is the raft leader, as far as it knows. */
export const leads = (seen: Pick<Observation, 'nodes' | 'selfId'>): boolean =>
  seen.nodes.find((node) => node.ID === seen.selfId)?.ManagerStatus?.Leader === true;

export const isReady = (node: ObservedNode): boolean => node.Status.State === 'ready';

export const nodeName = (node: ObservedNode): string => node.Description.Hostname ?? node.ID;

/** The count in a service's spec; undefined for a service that has none (global mode, jobs). */
export const replicasOf = (spec: ServiceSpec): number | undefined => {
  const replicated = spec.Mode?.Replicated;
  return replicated === undefined || replicated === null ? undefined : (replicated.Replicas ?? 1);
};

/** By service ID: the tasks that run on nodes that are Ready. The engine's own counts include those of dead nodes. */
export function runningTasks(seen: Pick<Observation, 'nodes' | 'tasks'>): ReadonlyMap<string, readonly ObservedTask[]> {
  const ready = new Set(seen.nodes.filter(isReady).map((node) => node.ID));
  const found = new Map<string, ObservedTask[]>();
  for (const task of seen.tasks) {
    const runs = task.DesiredState === 'running' && task.Status.State === 'running' && ready.has(task.NodeID ?? '');
    if (!runs) continue;
    const list = found.get(task.ServiceID);
    if (list === undefined) found.set(task.ServiceID, [task]);
    else list.push(task);
  }
  return found;
}

const busyStates: Readonly<Record<string, string>> = {
  updating: 'is being updated',
  paused: 'has a paused update',
  rollback_started: 'is being rolled back',
  rollback_paused: 'has a paused rollback',
};

/** Why the service must not be touched now, or undefined. */
export const busyWith = (service: ObservedService): string | undefined => busyStates[service.UpdateStatus?.State ?? ''];
