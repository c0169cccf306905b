import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Plan } from '../../plan/plan.js';
import { requireWhole } from '../../plan/require-done.js';
import type { Step } from '../../plan/step.js';
import { updateNode } from '../../swarm/swarm-api.js';
import { isBeingUpgraded, withoutMark } from '../../swarm/upgrade-mark.js';
import { listTasks } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import { chosenNodes, type NodesRequest } from '../access/choose-nodes.js';
import type { FoundNode } from '../access/find-node.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { emptyNodes, type EmptyNodesWork, givingBackMs, planNodesEmptying } from '../steps/empty-nodes.js';

interface DrainRequest extends NodesRequest {
  readonly zeroDowntime: boolean;
  readonly force: boolean;
}

export interface DrainResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly nodes: readonly { readonly name: string; readonly status: 'drained' | 'unchanged' | 'would-drain' }[];
  /** Services whose tasks got, or would get, a replacement elsewhere first. */
  readonly moved: readonly string[];
  /** Services of which something ended with the nodes, and why. */
  readonly ended: readonly { readonly service: string; readonly why: string }[];
}

/**
 * Takes all tasks from nodes; they get none until they are activated again. With `zeroDowntime` replacements run
 * elsewhere first, and nothing is changed when that cannot be. Waits until the nodes are empty.
 * Errors: NODE_UNKNOWN, NODE_AMBIGUOUS (exit 2); those of `guardSwarm` and `emptyNodes`; LOCKED (exit 5); TIMEOUT.
 */
export function drainNodes(context: OperationContext, request: DrainRequest): Promise<DrainResult> {
  const { swarm, dryRun, force, zeroDowntime } = request;
  const plan = async (looked: GuardedSwarm): Promise<Plan<DrainResult>> => {
    const nodes = chosenNodes(looked, request);
    const work = { swarm, engine: looked.access.engine, nodes: nodes.filter((node) => !isDrained(node)) };
    const steps = work.nodes.length === 0 ? [] : [drainStep(work, zeroDowntime)];
    const { moves, ends } =
      steps.length === 0
        ? { moves: [], ends: [] }
        : await planNodesEmptying({ ...work, signal: context.signal, detail: () => undefined });
    return {
      steps,
      guard: [{ swarm, change: { type: 'drain', nodes: nodes.map(({ id }) => id) }, force }],
      result: (outcome) => {
        requireWhole(outcome);
        const statusOf = (node: FoundNode): DrainResult['nodes'][number]['status'] =>
          isDrained(node) ? 'unchanged' : dryRun ? 'would-drain' : 'drained';
        return {
          swarm,
          dryRun,
          nodes: nodes.map((node) => ({ name: node.name, status: statusOf(node) })),
          moved: zeroDowntime ? moves.map(({ Spec }) => Spec.Name) : [],
          ended: ends,
        };
      },
    };
  };
  return carryOut(context, { swarm, locks: swarmLock(swarm), plan }, { dryRun });
}

/** Of all services; each has minutes of its own. */
const drainTimeoutMs = 4 * 60 * 60_000;

function drainStep(
  { swarm, engine, nodes }: Pick<EmptyNodesWork, 'swarm' | 'engine' | 'nodes'>,
  zeroDowntime: boolean,
): Step {
  return {
    id: 'nodes/drain',
    title: `drain ${nodes.map(({ name }) => name).join(', ')}`,
    needs: [],
    timeoutMs: drainTimeoutMs,
    graceMs: givingBackMs,
    run: async ({ signal, detail }) => {
      for (const { id } of nodes) await updateNode(engine, id, withoutMark, signal);
      await (zeroDowntime ? emptyNodes : drainPlainly)({ swarm, engine, nodes, signal, detail });
      return 'changed';
    },
  };
}

/** For good: what an upgrade has drained it gives back. */
const isDrained = ({ node }: FoundNode): boolean => node.Spec.Availability === 'drain' && !isBeingUpgraded(node);

async function drainPlainly({ engine, nodes, signal, detail }: EmptyNodesWork): Promise<void> {
  for (const { id } of nodes) await updateNode(engine, id, (spec) => ({ ...spec, Availability: 'drain' }), signal);
  const names = nodes.map(({ name }) => name).join(', ');
  const filters = { node: nodes.map(({ id }) => id), 'desired-state': ['running'] };
  await waitFor(
    { timeoutMs: 120_000, what: `the tasks of ${names} to move`, signal, intervalMs: 300 },
    async (waiting) => {
      const left = (await listTasks(engine, filters, waiting)).length;
      if (left === 0) return true;
      detail(`${left} tasks left on ${names}`);
      return undefined;
    },
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof SwarmupError && error.exitCode === exitCodes.timeout)) throw error;
    throw new SwarmupError('TIMEOUT', `${names} was drained, but no other node can take the tasks`, {
      exitCode: exitCodes.timeout,
      hints: [swarmup`doctor`, `add a node: ${swarmup`create NAME`}`],
      cause: error,
    });
  });
}
