import { setTimeout as sleepFor } from 'node:timers/promises';
import { messageOf } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { isReady } from '../../swarm/membership.js';
import type { OperationContext } from '../access/context.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { listHosts } from '../hosts/list-hosts.js';
import { servicesOf, tasksOf } from '../services/list-services.js';
import { labRecords } from './lab-records.js';
import type { HostRow, NodeRow } from '../access/results.js';
import type { ServiceRow, TaskRow } from '../services/service-results.js';
import { listNodes } from '../access/node-rows.js';

/** A host of a lab with its node. */
export interface LabHostRow extends HostRow {
  readonly pool: string;
  /** null: its managers do not know it, or cannot be asked. */
  readonly node: Pick<NodeRow, 'state' | 'availability' | 'leader' | 'reachability' | 'address'> | null;
}

export interface LabStatus {
  readonly lab: string;
  /** Managers first. */
  readonly hosts: readonly LabHostRow[];
  readonly services: readonly ServiceRow[];
  /** Those that should run, and the last of each that failed. */
  readonly tasks: readonly TaskRow[];
  /** What is not as it should be, a line each; empty: all is well. */
  readonly problems: readonly string[];
}

export interface LabStatusRequest extends LabRequest {
  /** How long a host may take to answer. */
  readonly timeoutMs: number;
}

/** How a lab is: hosts as drivers and engines see them, nodes as managers do, services and their tasks. Changes nothing. */
export async function labStatus(context: OperationContext, request: LabStatusRequest): Promise<LabStatus> {
  const { name } = await loadLab(context, request);
  return lookAt(context, name, request.timeoutMs);
}

/** Shows how a lab is, again and again, until the context's signal fires. */
export async function watchLab(
  context: OperationContext,
  request: LabStatusRequest & { readonly intervalMs: number },
  show: (status: LabStatus) => void,
): Promise<void> {
  const { name } = await loadLab(context, request);
  while (!context.signal.aborted) {
    show(await lookAt(context, name, request.timeoutMs));
    await sleepFor(request.intervalMs, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

async function lookAt(context: OperationContext, lab: string, timeoutMs: number): Promise<LabStatus> {
  const records = await labRecords(context, lab);
  const pools = new Map(records.map((record) => [record.name, record.lab?.pool ?? '']));
  const [{ hosts }, swarm] = await Promise.all([
    listHosts(context, { timeoutMs, probe: true, filter: ({ name }) => pools.has(name) }),
    records.length === 0 ? silent() : lookAtSwarm(context, lab),
  ]);
  return { lab, ...statusOf(hosts, pools, swarm) };
}

/** How hosts and their swarm are; `pools`: by name. */
export function statusOf(
  hosts: readonly HostRow[],
  pools: ReadonlyMap<string, string>,
  swarm: SwarmLook,
): Omit<LabStatus, 'lab'> {
  const rows = hosts.map((host): LabHostRow => {
    const node = swarm.nodes.find(({ name, former }) => name === host.name && !former);
    return { ...host, pool: pools.get(host.name) ?? '', node: node ?? null };
  });
  const rank = ({ role }: LabHostRow): number => Number(role !== 'manager');
  return {
    hosts: rows.sort((a, b) => rank(a) - rank(b) || naturalOrder(a.name, b.name)),
    services: swarm.services,
    tasks: swarm.tasks,
    problems: [...swarm.problems, ...rows.flatMap(hostProblems), ...swarm.services.flatMap(serviceProblems)],
  };
}

/** What the managers of a swarm know. */
interface SwarmLook {
  readonly nodes: readonly NodeRow[];
  readonly services: readonly ServiceRow[];
  readonly tasks: readonly TaskRow[];
  readonly problems: readonly string[];
}

/** Of a swarm that nothing can be known of, and why. */
export const silent = (...problems: readonly string[]): SwarmLook => ({ nodes: [], services: [], tasks: [], problems });

/** Never throws: why the managers do not answer is one of the problems. */
export async function lookAtSwarm(context: OperationContext, swarm: string): Promise<SwarmLook> {
  try {
    const [{ nodes }, { services }, { tasks }] = await Promise.all([
      listNodes(context, swarm),
      servicesOf(context, { swarm }),
      tasksOf(context, { swarm, all: false }),
    ]);
    return { nodes, services, tasks, problems: [] };
  } catch (error) {
    if (context.signal.aborted) return silent();
    return silent(messageOf(error));
  }
}

function hostProblems({ name, state, node, errors }: LabHostRow): readonly string[] {
  const off = state === 'running' ? [] : [`${name} is ${state}`];
  const unready = node === null || isReady(node) ? [] : [`the node of ${name} is ${node.state}`];
  return [...off, ...unready, ...errors.map((error) => `${name}: ${error}`)];
}

const serviceProblems = ({ name, running, wanted }: ServiceRow): readonly string[] =>
  running < wanted ? [`${name} runs ${running} of ${wanted} tasks`] : [];
