import { judgeService, noBaseline, taskName } from '../../swarm/service-verdict.js';
import { listServices, listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import type { Service, Task, WorkloadNode } from '../../swarm/workload.js';
import { findService } from './change-services.js';
import type { OperationContext } from '../access/context.js';
import { findNodes } from '../access/find-node.js';
import type { ServiceListResult, ServiceRow, TaskListResult, TaskRow } from './service-results.js';
import { hostNamer, openSwarm, swarmMachines } from '../access/swarm-access.js';

/**
 * The services of a swarm, or of a stack in it. Tasks count when they run on nodes that are Ready.
 * Errors: SWARM_UNKNOWN, NO_MANAGER.
 */
export async function servicesOf(
  context: OperationContext,
  request: { readonly swarm: string; readonly label?: string },
): Promise<ServiceListResult> {
  const { swarm, label } = request;
  const { engine } = await openSwarm(context, swarm);
  const { signal } = context;
  const [services, tasks, nodes] = await Promise.all([
    listServices(engine, label === undefined ? {} : { label: [label] }, signal),
    listTasks(engine, {}, signal),
    listWorkloadNodes(engine, signal),
  ]);
  const rows = services.map((service) =>
    serviceRow(
      service,
      tasks.filter(({ ServiceID }) => ServiceID === service.ID),
      nodes,
    ),
  );
  return { swarm, services: rows.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function serviceRow(service: Service, tasks: readonly Task[], nodes: readonly WorkloadNode[]): ServiceRow {
  const { running, wanted } = judgeService({ service, tasks, nodes }, noBaseline);
  const { Spec: spec } = service;
  const endpoint = spec['EndpointSpec'] as { readonly Ports?: readonly Port[] } | null | undefined;
  return {
    id: service.ID,
    name: spec.Name,
    mode: modes.find(([key]) => spec.Mode?.[key] !== undefined)?.[1] ?? 'replicated',
    running,
    wanted,
    image: shortImage(spec.TaskTemplate?.ContainerSpec?.Image),
    ports: (endpoint?.Ports ?? []).map(portText),
    update: service.UpdateStatus?.State ?? null,
  };
}

const modes = [
  ['Global', 'global'],
  ['ReplicatedJob', 'replicated-job'],
  ['GlobalJob', 'global-job'],
] as const;

interface Port {
  readonly Protocol?: string;
  readonly TargetPort: number;
  readonly PublishedPort?: number;
  readonly PublishMode?: string;
}

const portText = ({ Protocol, TargetPort, PublishedPort, PublishMode }: Port): string =>
  `${PublishedPort === undefined ? '*' : String(PublishedPort)}->${TargetPort}/${Protocol ?? 'tcp'}` +
  (PublishMode === 'host' ? ' (host)' : '');

const shortImage = (image = ''): string => image.replace(/@sha256:.*/, '');

interface TasksRequest {
  readonly swarm: string;
  /** Services, by name or ID. */
  readonly names?: readonly string[];
  readonly label?: string;
  /** Only those on these nodes: hosts, hostnames or node IDs. */
  readonly nodes?: readonly string[];
  /** Also those that ended. */
  readonly all: boolean;
}

/** The tasks of services, of a stack, or on nodes: those that should run and, of each slot, the last one that ended badly. */
export async function tasksOf(context: OperationContext, request: TasksRequest): Promise<TaskListResult> {
  const { engine } = await openSwarm(context, request.swarm);
  const { signal } = context;
  const services =
    request.names === undefined
      ? await listServices(engine, request.label === undefined ? {} : { label: [request.label] }, signal)
      : await Promise.all(request.names.map((name) => findService(engine, { swarm: request.swarm, name }, signal)));
  const [tasks, nodes, hostOf] = await Promise.all([
    services.length === 0 ? [] : listTasks(engine, { service: services.map(({ ID }) => ID) }, signal),
    listWorkloadNodes(engine, signal),
    hostNamer(context, engine, request.swarm),
  ]);
  const machines = await swarmMachines(context, request.swarm);
  const there =
    request.nodes && findNodes({ swarm: request.swarm, nodes, machines }, request.nodes).map(({ id }) => id);
  const rows = services.flatMap((service) => {
    const mine = tasks.filter(
      ({ ServiceID, NodeID }) => ServiceID === service.ID && (there === undefined || there.includes(NodeID ?? '')),
    );
    const named = mine.map((task) => taskRow(task, taskName(service.Spec.Name, task, nodes), hostOf));
    return request.all ? named : newestOf(named);
  });
  return { swarm: request.swarm, tasks: rows.sort(byNameNewestFirst) };
}

/** What should run or waits, and the newest of those that failed, by name. */
function newestOf(rows: readonly TaskRow[]): readonly TaskRow[] {
  const failed = new Set<string>();
  return [...rows].sort(byNameNewestFirst).filter((row) => {
    if (row.desiredState === 'running' || row.desiredState === 'ready' || row.state === 'complete') return true;
    if ((row.state !== 'failed' && row.state !== 'rejected') || failed.has(row.name)) return false;
    failed.add(row.name);
    return true;
  });
}

const byNameNewestFirst = (a: TaskRow, b: TaskRow): number =>
  a.name.localeCompare(b.name, 'en', { numeric: true }) || ((a.since ?? '') < (b.since ?? '') ? 1 : -1);

function taskRow(task: Task, name: string, hostOf: (nodeId: string) => string): TaskRow {
  const { State, Timestamp, Err } = task.Status;
  return {
    id: task.ID,
    name,
    image: shortImage(task.Spec?.ContainerSpec?.Image),
    node: task.NodeID === undefined ? null : hostOf(task.NodeID),
    desiredState: task.DesiredState,
    state: State,
    since: Timestamp ?? null,
    error: (Err ?? '') === '' ? null : (Err ?? null),
  };
}
