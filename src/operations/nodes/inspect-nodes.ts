import { listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import type { WorkloadNode } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
import { findNodes } from '../access/find-node.js';
import type { NodeRow } from '../access/results.js';
import { nodeRow, openSwarm, swarmMachines } from '../access/swarm-access.js';

/** Everything about a node that its managers tell and people ask for. */
export interface NodeDetails extends NodeRow {
  readonly hostname: string | null;
  /** What is said of its state, when something is. */
  readonly message: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly engineLabels: Readonly<Record<string, string>>;
  /** As in `linux/x86_64`. */
  readonly platform: string | null;
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly runningTasks: number;
  /** RFC 3339. */
  readonly joinedAt: string | null;
  readonly changedAt: string | null;
}

export interface InspectNodesResult {
  readonly swarm: string;
  readonly nodes: readonly NodeDetails[];
}

interface Resources {
  readonly NanoCPUs?: number;
  readonly MemoryBytes?: number;
}

/** Nodes by host, hostname or ID. API: GET /nodes, /tasks. Errors: NODE_UNKNOWN, NODE_AMBIGUOUS; of `openSwarm`. */
export async function inspectNodes(
  context: OperationContext,
  request: { readonly swarm: string; readonly names: readonly string[] },
): Promise<InspectNodesResult> {
  const { swarm, names } = request;
  const { engine } = await openSwarm(context, swarm);
  const machines = await swarmMachines(context, swarm);
  const nodes = await listWorkloadNodes(engine, context.signal);
  const found = findNodes({ swarm, nodes, machines }, names);
  const tasks = await listTasks(
    engine,
    { node: found.map(({ id }) => id), 'desired-state': ['running'] },
    context.signal,
  );
  const details = found.map(({ id, node }) => ({
    ...nodeRow(node, machines),
    ...descriptionOf(node),
    runningTasks: tasks.filter(({ NodeID, Status }) => NodeID === id && Status.State === 'running').length,
  }));
  return { swarm, nodes: details };
}

function descriptionOf(node: WorkloadNode): Omit<NodeDetails, keyof NodeRow | 'runningTasks'> {
  const { Description, Spec, Status, CreatedAt, UpdatedAt } = node;
  const { Engine: engine, Hostname: hostname } = Description;
  return {
    ...hardwareOf(Description),
    hostname: hostname ?? null,
    message: Status.Message ?? null,
    labels: Spec.Labels ?? {},
    engineLabels: engine?.Labels ?? {},
    joinedAt: CreatedAt ?? null,
    changedAt: UpdatedAt ?? null,
  };
}

function hardwareOf(description: WorkloadNode['Description']): Pick<NodeDetails, 'platform' | 'cpus' | 'memoryBytes'> {
  const { Platform: platform } = description;
  const { NanoCPUs: nano, MemoryBytes: memory } = (description as { readonly Resources?: Resources }).Resources ?? {};
  return {
    platform: platform === undefined ? null : `${platform.OS ?? '?'}/${platform.Architecture ?? '?'}`,
    cpus: nano === undefined ? null : nano / 1e9,
    memoryBytes: memory ?? null,
  };
}
