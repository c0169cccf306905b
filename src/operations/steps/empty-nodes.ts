import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { limit } from '../../lib/limit.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { judgeMove, planEmptying, specRestored, specWithout, type EmptyPlan } from '../../swarm/empty-nodes.js';
import { type SwarmNode, updateNode } from '../../swarm/swarm-api.js';
import { listServices, listTasks, listWorkloadNodes, updateService } from '../../swarm/workload-api.js';
import type { Service, ServiceSpec, WorkloadNode } from '../../swarm/workload.js';

export interface EmptyNodesWork {
  readonly swarm: string;
  /** A manager that stays. */
  readonly engine: EngineClient;
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly signal: AbortSignal;
  readonly detail: (message: string) => void;
}

type Availability = SwarmNode['Spec']['Availability'];

const moveMinutes = 10;
/** How long it may take to make everything as it was, after a failure or Ctrl-C. */
export const givingBackMs = 30_000;
/** Nodes may come back, but not for as long as anybody would wait. */
const stuckMs = 20_000;
const atOnce = 4;

const idsOf = ({ nodes }: EmptyNodesWork): readonly string[] => nodes.map(({ id }) => id);
const namesOf = ({ nodes }: EmptyNodesWork): string => nodes.map(({ name }) => name).join(', ');

/**
 * The changes to the tasks of nodes that emptying them would make; nothing is changed. `asItWillBe`: the state of a
 * node at that time.
 */
export async function planNodesEmptying(
  work: EmptyNodesWork,
  asItWillBe = (node: WorkloadNode): WorkloadNode => node,
): Promise<EmptyPlan> {
  const { engine, signal } = work;
  const [services, tasks, nodes] = await Promise.all([
    listServices(engine, {}, signal),
    listTasks(engine, { 'desired-state': ['running'] }, signal),
    listWorkloadNodes(engine, signal),
  ]);
  const asTheyWere = services.map((service) => ({ ...service, Spec: specRestored(service.Spec) ?? service.Spec }));
  return planEmptying(idsOf(work), asTheyWere, tasks, nodes.map(asItWillBe));
}

/**
 * Empties nodes without an interruption: for each service with tasks there, replacements start on other nodes and are
 * healthy before the old tasks stop; then the nodes are drained. Returns their previous availability, so that it can be
 * restored later. The remains of an earlier run are undone first. If the nodes cannot be emptied, everything is
 * restored. Errors: NO_CAPACITY, SERVICE_BUSY (exit 3), NODE_NOT_EMPTIED (exit 6), TIMEOUT; the abort reason.
 */
export async function emptyNodes(work: EmptyNodesWork): Promise<ReadonlyMap<string, Availability>> {
  const { engine, nodes, signal } = work;
  await undoMarks(engine, signal);
  const plan = await planNodesEmptying(work);
  requireNoObstacle(work, plan);
  const before = new Map<string, Availability>();
  try {
    // Paused, they take no new task while their own are replaced.
    for (const { id } of nodes)
      await changeAvailability(work, id, (now) => {
        before.set(id, now);
        return now === 'active' ? 'pause' : now;
      });
    const inTurn = limit(atOnce);
    await Promise.all(plan.moves.map((service) => inTurn(signal, () => moveAway(work, service))));
  } catch (error) {
    await giveBack({ ...work, signal: AbortSignal.timeout(givingBackMs) }, before).catch(() => undefined);
    throw error;
  }
  for (const { id } of nodes) await changeAvailability(work, id, () => 'drain');
  await awaitNoTasks(work);
  return before;
}

/** Errors: NO_CAPACITY, SERVICE_BUSY (exit 3) when these nodes cannot be emptied without a gap. */
export function requireNoObstacle(work: EmptyNodesWork, { obstacles: [obstacle] }: EmptyPlan): void {
  if (obstacle !== undefined) throw cannotBeEmptied(work, obstacle);
}

/** After a failure or Ctrl-C: specs and availability as they were. */
async function giveBack(work: EmptyNodesWork, before: ReadonlyMap<string, Availability>): Promise<void> {
  await undoMarks(work.engine, work.signal);
  for (const [id, availability] of before) await changeAvailability(work, id, () => availability);
}

async function changeAvailability(
  { engine, signal }: EmptyNodesWork,
  id: string,
  change: (now: Availability) => Availability,
): Promise<void> {
  await updateNode(engine, id, (spec) => ({ ...spec, Availability: change(spec.Availability) }), signal);
}

async function moveAway(work: EmptyNodesWork, { ID: id, Spec }: Service): Promise<void> {
  const { engine, signal, detail } = work;
  const name = namesOf(work);
  const what = `the tasks of ${Spec.Name} to run on nodes other than ${name}`;
  detail(`moving ${Spec.Name}`);
  await rewrite(engine, id, (spec) => specWithout(idsOf(work), spec), signal);
  await withDeadline({ timeoutMs: moveMinutes * 60_000, what, signal }, async (waiting) => {
    let stuckSince: number | undefined;
    for (;;) {
      const service = await inspectService(engine, id, waiting);
      const [tasks, nodes] = await Promise.all([
        listTasks(engine, { service: [id] }, waiting),
        listWorkloadNodes(engine, waiting),
      ]);
      const progress = judgeMove(idsOf(work), service, tasks, nodes);
      if (progress.state === 'done') return;
      detail(`${Spec.Name}: ${progress.message}`);
      if (progress.state === 'failed') throw notMoved(work, Spec.Name, progress.message);
      stuckSince = progress.stuck === true ? (stuckSince ?? performance.now()) : undefined;
      if (stuckSince !== undefined && performance.now() - stuckSince > stuckMs)
        throw cannotBeEmptied(work, { service: Spec.Name, why: progress.message, isCapacity: true });
      await sleepFor(400, undefined, { signal: waiting });
    }
  });
  await rewrite(engine, id, (spec) => specRestored(spec), signal);
}

const inspectService = (engine: EngineClient, id: string, signal: AbortSignal): Promise<Service> =>
  engine.request('GET', `/services/${id}`, { signal });

/** Writes a change of a spec to the version that was read, and tries again if another program has written first. */
async function rewrite(
  engine: EngineClient,
  id: string,
  change: (spec: ServiceSpec) => ServiceSpec | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const service = await inspectService(engine, id, signal);
    const spec = change(service.Spec);
    if (spec === undefined) return;
    try {
      await updateService(engine, service, spec, { signal });
      return;
    } catch (error) {
      if (attempt === 5 || !messageOf(error).includes('update out of sequence')) throw error;
    }
  }
}

/** Gives the services that a run which was killed, or has failed, left marked their specs back. */
async function undoMarks(engine: EngineClient, signal: AbortSignal): Promise<void> {
  const services = await listServices(engine, {}, signal);
  await Promise.all(
    services
      .filter(({ Spec }) => specRestored(Spec) !== undefined)
      .map(({ ID }) => rewrite(engine, ID, (spec) => specRestored(spec), signal)),
  );
}

/** Waits until the containers have ended, too: those of global services stop with their own grace. */
async function awaitNoTasks(work: EmptyNodesWork): Promise<void> {
  const { engine, signal, detail } = work;
  const what = `the tasks of ${namesOf(work)} to end`;
  await withDeadline({ timeoutMs: 2 * 60_000, what, signal }, async (waiting) => {
    for (;;) {
      const tasks = await listTasks(engine, { node: [...idsOf(work)] }, waiting);
      const left = tasks.filter(({ Status }) => ['running', 'starting', 'preparing', 'ready'].includes(Status.State));
      if (left.length === 0) return;
      detail(`${left.length} tasks are stopping`);
      await sleepFor(300, undefined, { signal: waiting });
    }
  });
}

function cannotBeEmptied(
  work: EmptyNodesWork,
  { service, why, isCapacity }: EmptyPlan['obstacles'][number],
): SwarmupError {
  const name = namesOf(work);
  const tasks = swarmup`service ps ${inSwarm(work.swarm)} ${service}`;
  return new SwarmupError(
    isCapacity ? 'NO_CAPACITY' : 'SERVICE_BUSY',
    `${name} cannot be emptied without an interruption of ${service}: ${why}`,
    {
      exitCode: exitCodes.preflight,
      hints: isCapacity
        ? [
            `add a node: ${swarmup`create ${inSwarm(work.swarm)} NAME`}`,
            `check the requirements of ${service}: ${tasks}`,
          ]
        : [`wait for the update, or end it: ${tasks}`],
    },
  );
}

function notMoved(work: EmptyNodesWork, service: string, why: string): SwarmupError {
  const name = namesOf(work);
  return new SwarmupError('NODE_NOT_EMPTIED', `${name} was not emptied because of ${service}: ${why}`, {
    exitCode: exitCodes.unhealthy,
    hints: [
      swarmup`service ps ${inSwarm(work.swarm)} ${service}`,
      'nothing was changed; fix the problem, then run the same command again',
    ],
  });
}
