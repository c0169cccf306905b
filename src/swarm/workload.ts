import { isReady } from './membership.js';
import type { SwarmNode } from './swarm-api.js';

/** A service spec of the Engine API; only the parts that swarmup reads are typed, the rest is kept. */
export interface ServiceSpec {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Mode?: {
    readonly Replicated?: { readonly Replicas?: number } | null;
    readonly [mode: string]: unknown;
  };
  readonly TaskTemplate?: TaskSpec;
  readonly [key: string]: unknown;
}

export interface TaskSpec {
  readonly ContainerSpec?: { readonly Image?: string; readonly [key: string]: unknown };
  readonly Placement?: {
    readonly Constraints?: readonly string[] | null;
    readonly Preferences?: readonly unknown[] | null;
    readonly MaxReplicas?: number;
    readonly Platforms?: readonly { readonly Architecture?: string; readonly OS?: string }[] | null;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** The parts of the Engine API's answers that swarmup reads (API reference, "Service", "Task", "Node"). */
export interface Service {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: ServiceSpec;
  readonly PreviousSpec?: ServiceSpec | null;
  readonly UpdateStatus?: {
    readonly State?: string;
    readonly StartedAt?: string;
    readonly CompletedAt?: string;
    readonly Message?: string;
  } | null;
  readonly JobStatus?: { readonly JobIteration?: { readonly Index?: number } } | null;
}

export interface Task {
  readonly ID: string;
  readonly ServiceID: string;
  readonly NodeID?: string;
  readonly Slot?: number;
  readonly CreatedAt?: string;
  readonly Spec?: TaskSpec;
  readonly DesiredState: string;
  readonly JobIteration?: { readonly Index?: number } | null;
  readonly Status: {
    readonly State: string;
    readonly Timestamp?: string;
    readonly Message?: string;
    readonly Err?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number } | null;
  };
}

/** A node with what placement looks at. */
export interface WorkloadNode extends SwarmNode {
  readonly CreatedAt?: string;
  readonly UpdatedAt?: string;
  readonly Description: SwarmNode['Description'] & {
    readonly Platform?: { readonly Architecture?: string; readonly OS?: string };
    readonly Engine?: { readonly EngineVersion?: string; readonly Labels?: Readonly<Record<string, string>> | null };
  };
}

export const nodeName = (node: SwarmNode): string => node.Description.Hostname ?? node.ID;

/** The count in a service's spec; undefined for a service without a count (global mode, jobs). */
export const replicasOf = (spec: ServiceSpec): number | undefined => {
  const replicated = spec.Mode?.Replicated;
  return replicated === undefined || replicated === null ? undefined : (replicated.Replicas ?? 1);
};

/** The IDs of nodes whose tasks count: the engine's own counts include those of dead nodes for up to 15 s. */
export const readyIds = (nodes: readonly SwarmNode[]): ReadonlySet<string> =>
  new Set(nodes.filter(isReady).map((node) => node.ID));

/** Whether a task runs, should run, and is on a node that is Ready. */
export const runsOn = (ready: ReadonlySet<string>, task: Task): boolean =>
  task.DesiredState === 'running' && task.Status.State === 'running' && ready.has(task.NodeID ?? '');

const waitingStates = ['new', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting'];

/** The task is on its way to run. */
export const isWaiting = (task: Task): boolean => waitingStates.includes(task.Status.State);

/** Why tasks do not run, in swarm's words; undefined when nothing is said. Failed ones stay listed long after, so they come last. */
export function stuckReason(tasks: readonly Task[]): string | undefined {
  const said = (wanted: (task: Task) => boolean): string | undefined =>
    tasks
      .filter(wanted)
      .map(({ Status }) => Status.Err ?? '')
      .find((text) => text !== '');
  const inState = (state: string) => said(({ Status }) => Status.State === state);
  return said(isWaiting) ?? inState('rejected') ?? inState('failed');
}
