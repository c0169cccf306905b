import { waitFor } from '../../lib/abort.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { naturalOrder } from '../../lib/natural-order.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { MachineRecord, Role } from '../../machine/machine-record.js';
import type { Plan } from '../../plan/plan.js';
import { requireDone } from '../../plan/require-done.js';
import type { Step } from '../../plan/step.js';
import { isReady, isUnheard, isVoter, isWell } from '../../swarm/membership.js';
import { type SwarmNode, swarmNodes, updateNode } from '../../swarm/swarm-api.js';
import { givenBack, hasStaleMark, isBeingUpgraded, withoutMark } from '../../swarm/upgrade-mark.js';
import { upgradeBatches } from '../../swarm/upgrade-order.js';
import { carryOut, swarmLock } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { planNodesEmptying, requireNoObstacle } from '../steps/empty-nodes.js';
import { lookForHostUpgrade, type VersionChange } from '../steps/upgrade-host.js';
import { planRoll, type RollingNode, type RollOutcome } from './roll.js';

interface SwarmUpgradeRequest {
  readonly swarm: string;
  /** undefined: the newest that each host's package sources offer. */
  readonly version: string | undefined;
  /** Of workers, at once. */
  readonly maxUnavailable: number;
  /** Continue even if the swarm has no quorum while a manager restarts. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface SwarmUpgradeResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly hosts: readonly (RollOutcome &
    VersionChange & {
      readonly name: string;
      readonly role: Role;
      /** Its turn, from 1; null: there is nothing to do. Those of one step go at once. */
      readonly step: number | null;
    })[];
  /** Services of which something ends with its node, and why. */
  readonly ends: readonly { readonly service: string; readonly why: string }[];
  /** The commands that continue a stopped upgrade. */
  readonly next: readonly string[];
}

interface Planned extends RollingNode {
  readonly isOpen: boolean;
}

/**
 * Upgrades the engines of a swarm without a gap in its services: node by node they run elsewhere first. One worker
 * begins, the others follow by `maxUnavailable`, then the managers one by one, the leader last. Hosts that have the
 * version are skipped, so a run that was stopped or killed is simply repeated. It stops at the first step that goes
 * wrong, which is in the result. Errors, before anything is changed: those of `guardSwarm` and `lookForHostUpgrade`;
 * SWARM_UNHEALTHY (exit 6), NO_CAPACITY, SERVICE_BUSY (exit 3); LOCKED (exit 5).
 */
export function upgradeSwarm(context: OperationContext, request: SwarmUpgradeRequest): Promise<SwarmUpgradeResult> {
  return carryOut(
    context,
    {
      swarm: request.swarm,
      locks: swarmLock(request.swarm),
      lockTimeoutMs: 30 * 60_000,
      plan: (looked) => planUpgrade(context, request, looked),
    },
    { dryRun: request.dryRun },
  );
}

async function planUpgrade(
  context: OperationContext,
  request: SwarmUpgradeRequest,
  guarded: GuardedSwarm,
): Promise<Plan<SwarmUpgradeResult>> {
  const { swarm, dryRun, force, maxUnavailable } = request;
  const looked = await whenKnown(context, guarded);
  const all = await lookAtAll(context, looked, request.version);
  const open = all.filter(({ isOpen }) => isOpen);
  const batches = upgradeBatches(open, { maxUnavailable });
  const ends = await requireWay(context, looked, { swarm, batches });
  const marks = staleMarks(looked);
  const roll = planRoll(context, { ...request, batches, needs: marks.map(({ id }) => id) });
  return {
    steps: [...marks, ...roll.steps],
    // About every step before the first is done.
    guard: batches.flatMap((batch) => {
      const nodes = batch.map(({ id }) => id);
      return (['drain', 'restart'] as const).map((type) => ({ swarm, change: { type, nodes }, force }));
    }),
    result: (outcome) => {
      context.signal.throwIfAborted();
      requireDone(marks, outcome);
      const became = (name: string): RollOutcome =>
        dryRun ? { status: 'would-upgrade' } : roll.outcomeOf(name, outcome);
      const hosts = all.map(({ name, isManager, isOpen, upgrade: { from, to } }) => ({
        name,
        ...(isOpen ? became(name) : { status: 'unchanged' as const }),
        role: isManager ? ('manager' as const) : ('worker' as const),
        step: roll.turnOf(name),
        from,
        to,
      }));
      const failed = hosts.find(({ status }) => status === 'failed');
      const next = failed === undefined ? [] : [`fix ${failed.name}, then go on: ${commandOf(request)}`];
      return { swarm, dryRun, hosts, ends, next };
    },
  };
}

/** The command as the user would type it. */
export function commandOf(request: Pick<SwarmUpgradeRequest, 'swarm' | 'version' | 'maxUnavailable'>): string {
  const { swarm, version, maxUnavailable } = request;
  const engineVersion = version === undefined ? [] : ['--engine-version', version];
  const atOnce = maxUnavailable === 1 ? [] : ['--max-unavailable', String(maxUnavailable)];
  return swarmup`swarm upgrade ${inSwarm(swarm)} ${engineVersion} ${atOnce}`;
}

/** Every host of ours in the swarm, with the effect of its upgrade. */
async function lookAtAll(
  context: OperationContext,
  looked: GuardedSwarm,
  version: string | undefined,
): Promise<readonly Planned[]> {
  const { nodes, machines } = looked;
  const found = nodes.map((node) => ({ node, record: machines.find(({ nodeId }) => nodeId === node.ID) }));
  for (const { node, record } of found)
    if (record === undefined && isReady(node))
      context.report({
        type: 'warning',
        message: `${node.Description.Hostname ?? node.ID} is not managed by swarmup, so it is not changed`,
      });
  const ours = found
    .flatMap(({ node, record }) => (record === undefined ? [] : [{ node, record }]))
    .sort((a, b) => naturalOrder(a.record.name, b.record.name));
  for (const { node, record } of ours) requireHealthy(node, record);
  context.report({ type: 'info', message: 'checking the package sources of all hosts' });
  return Promise.all(
    ours.map(async ({ node, record }): Promise<Planned> => {
      const upgrade = await lookForHostUpgrade(context, record, version, () => undefined);
      return {
        ...roleOf(node),
        id: node.ID,
        name: record.name,
        record,
        upgrade,
        isOpen: upgrade.from !== upgrade.to || isBeingUpgraded(node),
      };
    }),
  );
}

/** A manager that has just begun to lead, as after an upgrade of the one before, hears from the nodes within seconds. */
async function whenKnown({ signal }: OperationContext, looked: GuardedSwarm): Promise<GuardedSwarm> {
  let { nodes } = looked;
  const wait = { timeoutMs: 30_000, what: 'the nodes to report their versions', signal, intervalMs: 500 };
  await waitFor(wait, async (asking) => {
    nodes = await swarmNodes(looked.access.engine, asking);
    return !nodes.some(isUnheard) ? true : undefined;
  }).catch(() => {
    signal.throwIfAborted();
  });
  return { ...looked, nodes };
}

/** If a user drains such a node later, the drain is intended, so a stale mark must not undo it. */
function staleMarks({ access, nodes }: GuardedSwarm): readonly Step[] {
  const stale = nodes.filter(hasStaleMark);
  if (stale.length === 0) return [];
  return [
    {
      id: 'swarm/marks',
      title: 'remove the marks of an earlier run',
      needs: [],
      timeoutMs: 2 * 60_000,
      run: async ({ signal }) => {
        for (const { ID } of stale) await updateNode(access.engine, ID, withoutMark, signal);
        return 'changed';
      },
    },
  ];
}

const roleOf = (node: SwarmNode): Pick<Planned, 'isManager' | 'isLeader'> => ({
  isManager: isVoter(node) || node.Spec.Role === 'manager',
  isLeader: node.ManagerStatus?.Leader === true,
});

function requireHealthy(node: SwarmNode, { name, swarm }: MachineRecord): void {
  if (isWell(node)) return;
  throw new SwarmupError(
    'SWARM_UNHEALTHY',
    `${name} is ${isReady(node) ? 'not reachable as a manager' : node.Status.State}: a swarm can be upgraded only when all its nodes are Ready`,
    {
      host: name,
      exitCode: exitCodes.unhealthy,
      hints: [
        swarmup`swarm status ${inSwarm(swarm)}`,
        swarmup`start ${name}`,
        `${swarmup`rm --force ${name}`} when it is lost for good`,
      ],
    },
  );
}

/** Looks for a place for every task before the first step is done. Resolves to what will end with its node. */
async function requireWay(
  { signal }: OperationContext,
  { access }: GuardedSwarm,
  { swarm, batches }: { readonly swarm: string; readonly batches: readonly (readonly Planned[])[] },
): Promise<SwarmUpgradeResult['ends']> {
  const ends = new Map<string, SwarmUpgradeResult['ends'][number]>();
  const done = new Set<string>();
  for (const nodes of batches) {
    const work = { swarm, engine: access.engine, nodes, signal, detail: () => undefined };
    // What a run that was killed left drained has its tasks back before the next step.
    const plan = await planNodesEmptying(work, (node) =>
      done.has(node.ID) ? { ...node, Spec: givenBack(node.Spec) } : node,
    );
    requireNoObstacle(work, plan);
    for (const end of plan.ends) ends.set(end.service, end);
    for (const { id } of nodes) done.add(id);
  }
  return [...ends.values()];
}
