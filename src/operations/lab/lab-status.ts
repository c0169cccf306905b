import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import { naturalOrder } from '../../lib/natural-order.js';
import type { Lab } from '../../lab/lab.js';
import { isChange, type LabChange } from '../../lab/lab-plan.js';
import { isReady } from '../../swarm/membership.js';
import type { OperationContext } from '../access/context.js';
import { type LabRequest, loadLab } from './load-lab.js';
import { listHosts } from '../hosts/list-hosts.js';
import { servicesOf, tasksOf } from '../services/list-services.js';
import { labRecords } from './lab-records.js';
import { prepareLab } from './plan-lab.js';
import { underSignal } from '../access/under-signal.js';
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
  /** What `up` would change. */
  readonly changes: readonly LabChange[];
}

export interface LabStatusRequest extends LabRequest {
  /** How long a host may take to answer. */
  readonly timeoutMs: number;
}

/**
 * How a lab is: hosts as drivers and engines see them, nodes as managers do, services and their tasks, and what differs
 * from the manifest. Changes nothing.
 */
export async function labStatus(context: OperationContext, request: LabStatusRequest): Promise<LabStatus> {
  return lookAt(context, await loadLab(context, request), request.timeoutMs);
}

/** Shows how a lab is, again and again, until the context's signal fires. */
export async function watchLab(
  context: OperationContext,
  request: LabStatusRequest & { readonly intervalMs: number },
  show: (status: LabStatus) => void,
): Promise<void> {
  const lab = await loadLab(context, request);
  while (!context.signal.aborted) {
    show(await lookAt(context, lab, request.timeoutMs));
    await sleepFor(request.intervalMs, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

async function lookAt(context: OperationContext, manifest: Lab, timeoutMs: number): Promise<LabStatus> {
  const { name: lab } = manifest;
  const records = await labRecords(context, lab);
  const pools = new Map(records.map((record) => [record.name, record.lab?.pool ?? '']));
  const [{ hosts }, swarm, { changes, unknown }] = await Promise.all([
    listHosts(context, { timeoutMs, probe: true, filter: ({ name }) => pools.has(name) }),
    records.length === 0 ? silent() : lookAtSwarm(context, lab),
    compare(context, manifest, timeoutMs),
  ]);
  const status = statusOf(hosts, pools, swarm);
  // A host that is off, or has lost its node, is a problem already, and that is why it would be resumed.
  const troubled = new Set(status.hosts.filter((host) => hostProblems(host, swarm).length > 0).map(({ name }) => name));
  const news = changes.filter(
    ({ what, name, action }) => !(what === 'host' && action === 'resume' && troubled.has(name)),
  );
  const problems = [...status.problems, ...news.map(differenceText), ...(swarm.answers ? unknown : [])];
  return { lab, ...status, problems, changes };
}

/** What `up` would change. `unknown`: why the changes are not known. */
async function compare(
  context: OperationContext,
  lab: Lab,
  timeoutMs: number,
): Promise<{ readonly changes: readonly LabChange[]; readonly unknown: readonly string[] }> {
  try {
    const { plan } = await withDeadline(
      { timeoutMs, what: 'the comparison with the manifest', signal: context.signal },
      (signal) => prepareLab({ ...underSignal(context, signal), report: () => undefined }, lab, { timeoutMs: 0 }),
    );
    return { changes: plan.changes.filter(isChange), unknown: plan.pending };
  } catch (error) {
    if (context.signal.aborted) return { changes: [], unknown: [] };
    return { changes: [], unknown: [`the lab cannot be compared with its manifest: ${messageOf(error)}`] };
  }
}

function differenceText({ what, name, action, details }: LabChange): string {
  if (action === 'create') return `the ${what} ${name} of the manifest does not exist`;
  if (action === 'remove') return `the ${what} ${name} is no longer in the manifest`;
  const why = details.length === 0 ? '' : `: ${details.join(', ')}`;
  return `the ${what} ${name} is not as the manifest says${why}`;
}

/** How hosts and their swarm are; `pools`: by name. */
export function statusOf(
  hosts: readonly HostRow[],
  pools: ReadonlyMap<string, string>,
  swarm: SwarmLook,
): Omit<LabStatus, 'lab' | 'changes'> {
  const rows = hosts.map((host): LabHostRow => {
    const node = swarm.nodes.find(({ name, former }) => name === host.name && !former);
    return { ...host, pool: pools.get(host.name) ?? '', node: node ?? null };
  });
  const rank = ({ role }: LabHostRow): number => Number(role !== 'manager');
  return {
    hosts: rows.sort((a, b) => rank(a) - rank(b) || naturalOrder(a.name, b.name)),
    services: swarm.services,
    tasks: swarm.tasks,
    problems: [
      ...swarm.problems,
      ...rows.flatMap((row) => hostProblems(row, swarm)),
      ...swarm.services.flatMap(serviceProblems),
    ],
  };
}

/** What the managers of a swarm know. */
interface SwarmLook {
  /** A manager was asked. */
  readonly answers: boolean;
  readonly nodes: readonly NodeRow[];
  readonly services: readonly ServiceRow[];
  readonly tasks: readonly TaskRow[];
  readonly problems: readonly string[];
}

/** Of a swarm that nothing can be known of, and why. */
export const silent = (...problems: readonly string[]): SwarmLook => ({
  ...{ answers: false, nodes: [], services: [], tasks: [] },
  problems,
});

/** Never throws: why the managers do not answer is one of the problems. */
export async function lookAtSwarm(context: OperationContext, swarm: string): Promise<SwarmLook> {
  try {
    const [{ nodes }, { services }, { tasks }] = await Promise.all([
      listNodes(context, swarm),
      servicesOf(context, { swarm }),
      tasksOf(context, { swarm, all: false }),
    ]);
    return { answers: true, nodes, services, tasks, problems: [] };
  } catch (error) {
    if (context.signal.aborted) return silent();
    return silent(messageOf(error));
  }
}

function hostProblems({ name, state, role, node, errors }: LabHostRow, { answers }: SwarmLook): readonly string[] {
  const off = state === 'running' ? [] : [`${name} is ${state}`];
  const missing = answers && role !== null ? [`${name} is not a node of its swarm`] : [];
  const unready = node === null ? missing : isReady(node) ? [] : [`the node of ${name} is ${node.state}`];
  return [...off, ...unready, ...errors.map((error) => `${name}: ${error}`)];
}

const serviceProblems = ({ name, running, wanted }: ServiceRow): readonly string[] =>
  running < wanted ? [`${name} runs ${running} of ${wanted} tasks`] : [];
