import { setTimeout as sleepFor } from 'node:timers/promises';
import { withDeadline } from '../lib/abort.js';
import type { EngineClient } from '../lib/engine-client.js';
import { messageOf, SwarmupError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { limit } from '../ssh/limit.js';
import { judgeMove, planEmptying, specRestored, specWithout, type EmptyPlan } from '../swarm/empty-node.js';
import { type SwarmNode, updateNode } from '../swarm/swarm-api.js';
import { listServices, listTasks, listWorkloadNodes, updateService } from '../swarm/workload-api.js';
import type { Service, ServiceSpec } from '../swarm/workload.js';

export interface EmptyNodeWork {
  /** A manager that stays. */
  readonly engine: EngineClient;
  readonly nodeId: string;
  /** For messages. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly detail: (message: string) => void;
}

const moveMinutes = 10;
/** Nodes may come back, but not for as long as anybody would wait. */
const stuckMs = 20_000;
const atOnce = 4;

/** What would become of the tasks of a node; nothing is changed. */
export async function planNodeEmptying({ engine, nodeId, signal }: EmptyNodeWork): Promise<EmptyPlan> {
  const [services, tasks, nodes] = await Promise.all([
    listServices(engine, {}, signal),
    listTasks(engine, { node: [nodeId], 'desired-state': ['running'] }, signal),
    listWorkloadNodes(engine, signal),
  ]);
  const bounded = services.filter(({ Spec }) => (Spec.TaskTemplate?.Placement?.MaxReplicas ?? 0) > 0);
  // Their tasks elsewhere decide how much room there is.
  const all = bounded.length === 0 ? tasks : await listTasks(engine, { 'desired-state': ['running'] }, signal);
  return planEmptying(nodeId, services.map(restoredService), all, nodes);
}

const restoredService = (service: Service): Service => ({
  ...service,
  Spec: specRestored(service.Spec) ?? service.Spec,
});

/**
 * Empties a node without a gap: for each service with tasks there, replacements start elsewhere and are healthy before
 * the old ones stop; then the node is drained. Its availability before is returned, to be given back later. What an
 * earlier run left behind is undone first. When it cannot be done everything is as it was.
 * Errors: NO_CAPACITY, SERVICE_BUSY (exit 3), NODE_NOT_EMPTIED (exit 6), TIMEOUT; the abort reason.
 */
export async function emptyNode(work: EmptyNodeWork): Promise<SwarmNode['Spec']['Availability']> {
  const { engine, signal } = work;
  await undoMarks(engine, signal);
  const plan = await planNodeEmptying(work);
  const [obstacle] = plan.obstacles;
  if (obstacle !== undefined) throw cannotBeEmptied(work.name, obstacle);
  let before: SwarmNode['Spec']['Availability'] = 'active';
  // Paused, it takes no new task while its own are replaced.
  await setAvailability(work, (now) => {
    before = now;
    return now === 'active' ? 'pause' : now;
  });
  try {
    const inTurn = limit(atOnce);
    await Promise.all(plan.moves.map((service) => inTurn(signal, () => moveAway(work, service))));
  } catch (error) {
    const late = { ...work, signal: AbortSignal.timeout(30_000) };
    await undoMarks(engine, late.signal).catch(() => undefined);
    await setAvailability(late, () => before).catch(() => undefined);
    throw error;
  }
  await setAvailability(work, () => 'drain');
  await awaitNoTasks(work);
  return before;
}

async function setAvailability(
  { engine, nodeId, signal }: EmptyNodeWork,
  change: (now: SwarmNode['Spec']['Availability']) => SwarmNode['Spec']['Availability'],
): Promise<void> {
  await updateNode(engine, nodeId, (spec) => ({ ...spec, Availability: change(spec.Availability) }), signal);
}

async function moveAway(work: EmptyNodeWork, { ID: id, Spec }: Service): Promise<void> {
  const { engine, nodeId, name, signal, detail } = work;
  const what = `the tasks of ${Spec.Name} to run elsewhere than on ${name}`;
  detail(`moving ${Spec.Name}`);
  await rewrite(engine, id, (spec) => specWithout(nodeId, spec), signal);
  await withDeadline({ timeoutMs: moveMinutes * 60_000, what, host: name, signal }, async (waiting) => {
    let stuckSince: number | undefined;
    for (;;) {
      const service = await inspectService(engine, id, waiting);
      const [tasks, nodes] = await Promise.all([
        listTasks(engine, { service: [id] }, waiting),
        listWorkloadNodes(engine, waiting),
      ]);
      const progress = judgeMove(nodeId, service, tasks, nodes);
      if (progress.state === 'done') return;
      detail(`${Spec.Name}: ${progress.message}`);
      if (progress.state === 'failed') throw notMoved(name, Spec.Name, progress.message);
      stuckSince = progress.stuck === true ? (stuckSince ?? performance.now()) : undefined;
      if (stuckSince !== undefined && performance.now() - stuckSince > stuckMs)
        throw cannotBeEmptied(name, { service: Spec.Name, why: progress.message, isCapacity: true });
      await sleepFor(400, undefined, { signal: waiting });
    }
  });
  await rewrite(engine, id, (spec) => specRestored(spec), signal);
}

const inspectService = (engine: EngineClient, id: string, signal: AbortSignal): Promise<Service> =>
  engine.request('GET', `/services/${id}`, { signal });

/** Writes a change of a spec in the version it was read in, again when somebody else was quicker. */
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

/** Waits until the containers of a drained node have ended, too: those of global services stop with their own grace. */
async function awaitNoTasks({ engine, nodeId, name, signal, detail }: EmptyNodeWork): Promise<void> {
  const what = `the tasks of ${name} to end`;
  await withDeadline({ timeoutMs: 2 * 60_000, what, host: name, signal }, async (waiting) => {
    for (;;) {
      const tasks = await listTasks(engine, { node: [nodeId] }, waiting);
      const left = tasks.filter(({ Status }) => ['running', 'starting', 'preparing', 'ready'].includes(Status.State));
      if (left.length === 0) return;
      detail(`${String(left.length)} tasks are stopping`);
      await sleepFor(300, undefined, { signal: waiting });
    }
  });
}

function cannotBeEmptied(name: string, { service, why, isCapacity }: EmptyPlan['obstacles'][number]): SwarmupError {
  return new SwarmupError(
    isCapacity ? 'NO_CAPACITY' : 'SERVICE_BUSY',
    `${name} cannot be emptied without a gap in ${service}: ${why}`,
    {
      host: name,
      exitCode: exitCodes.preflight,
      hints: isCapacity
        ? ['add a node: swarmup create NAME', `look at what ${service} asks for: swarmup service ps ${service}`]
        : [`wait for it, or end it: swarmup service ps ${service}`],
    },
  );
}

const notMoved = (name: string, service: string, why: string): SwarmupError =>
  new SwarmupError('NODE_NOT_EMPTIED', `${name} was not emptied: of ${service} ${why}`, {
    host: name,
    exitCode: exitCodes.unhealthy,
    hints: [`swarmup service ps ${service}`, 'everything is as it was; run the same command again when it is mended'],
  });
