import {
  nodeName,
  readyIds,
  replicasOf,
  runsOn,
  type Service,
  type Task,
  type WorkloadNode,
} from '../swarm/workload.js';
import type { ServiceSpec } from '../swarm/workload.js';
import type { CurrentDesiredState } from './desired-state.js';

export { nodeName, replicasOf };
export type ObservedService = Service;
export type ObservedTask = Task;
export type ObservedNode = WorkloadNode;

/** The agent's facts about its own host. */
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

/** By service ID: the tasks that run on nodes that are Ready. The engine's own counts include tasks on dead nodes. */
export function runningTasks(seen: Pick<Observation, 'nodes' | 'tasks'>): ReadonlyMap<string, readonly ObservedTask[]> {
  const ready = readyIds(seen.nodes);
  const found = new Map<string, ObservedTask[]>();
  for (const task of seen.tasks) {
    if (!runsOn(ready, task)) continue;
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
