import { setTimeout as sleepFor } from 'node:timers/promises';
import type { DrillRequests, DrillSample } from '../../lab/drill-report.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { listServices, listTasks, listWorkloadNodes } from '../../swarm/workload-api.js';
import { isReady } from '../../swarm/membership.js';
import { replicasOf, runsOn, type Service, type Task } from '../../swarm/workload.js';
import type { OperationContext } from '../access/context.js';
import { nodeRow, openSwarm } from '../access/swarm-access.js';

/** How long managers may take to answer one look. */
const lookTimeoutMs = 3_000;

export interface Watched {
  readonly lab: string;
  readonly members: readonly MachineRecord[];
  /** Hosts that the fault takes out: their tasks do not count. */
  readonly lost: ReadonlySet<string>;
}

/** One look at the swarm of a lab, from managers that are not hit. Never throws but for the caller's abort. */
export async function lookOnce(
  context: OperationContext,
  watched: Watched,
  atMs: number,
): Promise<DrillSample & { readonly tasks: ReadonlyMap<string, number> }> {
  const { lab, members, lost } = watched;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(lookTimeoutMs)]);
  try {
    const others = members.filter(({ role, name }) => role === 'manager' && !lost.has(name));
    const { engine } = await openSwarm(context, lab, { signal, except: others.length === 0 ? [] : [...lost] });
    const services = await listServices(engine, {}, signal);
    const [tasks, nodes] = await Promise.all([listTasks(engine, {}, signal), listWorkloadNodes(engine, signal)]);
    const rows = nodes.map((node) => ({ ...nodeRow(node, members), isReady: isReady(node) }));
    const nameOf = new Map(rows.map(({ id, name }) => [id, name]));
    const up = new Set(rows.filter(({ isReady: ready, name }) => ready && !lost.has(name)).map(({ id }) => id));
    const alive = tasks.filter((task) => runsOn(up, task));
    const counts = new Map<string, number>();
    for (const { NodeID = '' } of alive) {
      const name = nameOf.get(NodeID) ?? NodeID;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const replicated = services.filter(({ Spec }) => replicasOf(Spec) !== undefined);
    return {
      atMs,
      answered: true,
      leader: rows.find(({ leader }) => leader)?.name ?? null,
      nodes: Object.fromEntries(rows.map(({ name, state }) => [name, state])),
      running: replicated.reduce((sum, service) => sum + runningOf(service, alive), 0),
      wanted: replicated.reduce((sum, { Spec }) => sum + (replicasOf(Spec) ?? 0), 0),
      tasks: counts,
    };
  } catch {
    context.signal.throwIfAborted();
    return { atMs, answered: false, leader: null, nodes: {}, running: 0, wanted: 0, tasks: new Map() };
  }
}

/** An extra task of one service (one that is being moved) does not make up for a missing task of another. */
const runningOf = ({ ID, Spec }: Service, alive: readonly Task[]): number =>
  Math.min(alive.filter(({ ServiceID }) => ServiceID === ID).length, replicasOf(Spec) ?? 0);

const everyMs = 200;
const answerMs = 2_000;

/** Runs a command on a host again and again until it is stopped; each time is a request that is answered or lost. */
export function probeWith(
  context: OperationContext,
  host: MachineRecord,
  command: string,
): { readonly stop: () => Promise<DrillRequests> } {
  const end = new AbortController();
  let [sent, failed, longestGapMs] = [0, 0, 0];
  const work = async (): Promise<void> => {
    const runner = await context.connect(host);
    let answeredAt = performance.now();
    while (!end.signal.aborted) {
      const options = { signal: context.signal, timeoutMs: answerMs, check: false, title: 'probe' };
      const isOk = await runner.exec(command, options).then(
        ({ exitCode }) => exitCode === 0,
        () => false,
      );
      sent += 1;
      if (!isOk) failed += 1;
      longestGapMs = Math.max(longestGapMs, Math.round(performance.now() - answeredAt));
      if (isOk) answeredAt = performance.now();
      await sleepFor(everyMs, undefined, { signal: end.signal }).catch(() => undefined);
    }
  };
  const done = work().catch(() => undefined);
  return {
    stop: async () => {
      end.abort();
      await done;
      return { sent, failed, longestGapMs };
    },
  };
}
