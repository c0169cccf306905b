import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { PlanOutcome, Step, StepOutcome } from '../../plan/step.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import type { UpgradableNode } from '../../swarm/upgrade-order.js';
import type { OperationContext } from '../access/context.js';
import { awaitSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';
import { type Batch, type NodeToUpgrade, upgradeNode } from './upgrade-batch.js';

export type RollingNode = NodeToUpgrade & UpgradableNode;

/** The steps that go through the nodes of a swarm, and what became of each node. */
interface Roll {
  readonly steps: readonly Step[];
  /** The turn of a node, from 1; null: the node has no turn. Nodes of one turn are upgraded at the same time. */
  readonly turnOf: (name: string) => number | null;
  readonly outcomeOf: (name: string, outcome: PlanOutcome) => RollOutcome;
}

/** The result of a node. */
export interface RollOutcome {
  readonly status: 'would-upgrade' | 'upgraded' | 'unchanged' | 'failed' | 'not-tried';
  readonly error?: ErrorJson;
}

interface Turn extends Step {
  readonly number: number;
  /** Whose turn it is, as far as that can be known before. */
  readonly planned: RollingNode;
}

interface RollRequest {
  readonly swarm: string;
  /** Continue even if the swarm has no quorum while a manager restarts. */
  readonly force: boolean;
  /** In their order. */
  readonly batches: readonly (readonly RollingNode[])[];
  /** Ids of steps that must be done before the first. */
  readonly needs: readonly string[];
}

/** Managers and the turns that they had, by the ids of these. */
interface Managers {
  readonly all: readonly RollingNode[];
  readonly went: Map<string, RollingNode>;
}

const timeoutMs = 60 * 60_000;

/**
 * A step for each node, which starts when the previous batch has succeeded. The leader is the last of the managers, and
 * the leader may change meanwhile: a turn of managers finds out which manager it is when it starts.
 */
export function planRoll(context: OperationContext, request: RollRequest): Roll {
  const all = request.batches.flat().filter(({ isManager }) => isManager);
  const managers: Managers = { all, went: new Map() };
  const turns: Turn[] = [];
  for (const [i, nodes] of request.batches.entries()) {
    const needs = i === 0 ? request.needs : turns.filter(({ number }) => number === i).map(({ id }) => id);
    const batch: Batch = { ...request, nodes };
    for (const planned of nodes) {
      const isKnown = !planned.isManager || all.length === 1;
      const work = isKnown ? nodeStep(context, batch, planned) : managerStep(context, request, planned, managers);
      turns.push({ ...work, number: i + 1, planned, needs, timeoutMs });
    }
  }
  const nodeOf = ({ id, planned }: Turn): string => (managers.went.get(id) ?? planned).name;
  const find = (name: string): Turn | undefined => turns.find((turn) => nodeOf(turn) === name);
  return {
    steps: turns,
    turnOf: (name) => (find(name) ?? turns.find(({ planned }) => planned.name === name))?.number ?? null,
    outcomeOf: (name, outcome) => rolled(outcome.get(find(name)?.id ?? '')),
  };
}

type Work = Pick<Turn, 'id' | 'host' | 'title' | 'run'>;

const nodeStep = (context: OperationContext, batch: Batch, node: RollingNode): Work => ({
  id: `${node.name}/upgrade`,
  host: node.name,
  title: 'upgrade Docker',
  run: (step) => upgradeNode(context, batch, node, step),
});

function managerStep(
  context: OperationContext,
  { swarm, force }: RollRequest,
  planned: RollingNode,
  { all, went }: Managers,
): Work {
  const id = `manager-${all.indexOf(planned) + 1}/upgrade`;
  return {
    id,
    title: `upgrade Docker on the ${planned === all.at(-1) ? 'last' : 'next'} manager`,
    run: async (step) => {
      const { engine } = await awaitSwarm(underSignal(context, step.signal), swarm);
      const nodes = await swarmNodes(engine, step.signal);
      const leader = nodes.find(({ ManagerStatus }) => ManagerStatus?.Leader === true);
      const left = all.filter((node) => ![...went.values()].includes(node));
      const node = left.find((candidate) => candidate.id !== leader?.ID) ?? planned;
      went.set(id, node);
      const detail = (message: string): void => {
        step.detail(`${node.name}: ${message}`);
      };
      return upgradeNode(context, { swarm, force, nodes: [node] }, node, { ...step, detail });
    },
  };
}

function rolled(found: StepOutcome | undefined): RollOutcome {
  if (found === undefined || found.status === 'skipped') return { status: 'not-tried' };
  if (found.status === 'failed') return { status: 'failed', error: errorJson(found.error) };
  return { status: found.status === 'changed' ? 'upgraded' : 'unchanged' };
}
