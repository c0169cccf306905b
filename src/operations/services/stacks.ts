import type { EngineClient } from '../../lib/engine-client.js';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { inOrder } from '../../plan/in-order.js';
import type { Plan } from '../../plan/plan.js';
import { requireWhole } from '../../plan/require-done.js';
import { stackLabel } from '../../swarm/compose/stack-names.js';
import { retireNetwork } from '../../swarm/network-api.js';
import { listServices, removeService } from '../../swarm/workload-api.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { openSwarm } from '../access/swarm-access.js';
import { type Removal, removalSteps } from './removal-steps.js';

export interface StackListResult {
  readonly swarm: string;
  readonly stacks: readonly { readonly name: string; readonly services: number }[];
}

/** The stacks of a swarm, of `docker stack deploy` too. */
export async function listStacks(context: OperationContext, swarm: string): Promise<StackListResult> {
  const { engine } = await openSwarm(context, swarm);
  const counts = new Map<string, number>();
  for (const { Spec } of await listServices(engine, { label: [stackLabel] }, context.signal)) {
    const name = Spec.Labels?.[stackLabel] ?? '';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const stacks = [...counts].map(([name, services]) => ({ name, services })).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { swarm, stacks };
}

export interface StackRemoveResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly stacks: readonly string[];
  /** As in `service web_api`, in the order of removal. */
  readonly removed: readonly string[];
}

/** Errors: STACK_UNKNOWN (exit 2), with the nearest name. */
export async function requireStacks(
  context: OperationContext,
  { swarm, stacks }: { readonly swarm: string; readonly stacks: readonly string[] },
): Promise<void> {
  const known = (await listStacks(context, swarm)).stacks.map(({ name }) => name);
  const unknown = stacks.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    throw usageError(
      'STACK_UNKNOWN',
      `there is no stack named ${unknown}`,
      meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : swarmup`stack ls ${inSwarm(swarm)}`,
    );
  }
}

/** Removes stacks with their services, secrets, configs and networks. Errors: STACK_UNKNOWN (exit 2) before anything is removed. */
export async function removeStacks(
  context: OperationContext,
  request: { readonly swarm: string; readonly stacks: readonly string[]; readonly dryRun: boolean },
): Promise<StackRemoveResult> {
  const { swarm, dryRun, stacks } = request;
  await requireStacks(context, request);
  const plan = async ({ access: { engine } }: GuardedSwarm): Promise<Plan<StackRemoveResult>> => {
    const removals: Removal[] = [];
    for (const stack of new Set(stacks)) removals.push(...(await partsOf(engine, stack, context.signal)));
    return {
      // What is used goes after what uses it.
      steps: inOrder(removalSteps(removals)),
      result: (outcome) => {
        requireWhole(outcome);
        return { swarm, dryRun, stacks, removed: removals.map(({ what }) => what) };
      },
    };
  };
  return carryOut(context, { swarm, plan }, { dryRun });
}

type Stored = readonly { readonly ID: string; readonly Spec: { readonly Name: string } }[] | null;
type Networks = readonly { readonly Id: string; readonly Name: string }[] | null;

/** Services first: they use the others. */
async function partsOf(engine: EngineClient, stack: string, signal: AbortSignal): Promise<readonly Removal[]> {
  const label = [`${stackLabel}=${stack}`];
  const list = <T>(path: string): Promise<T> =>
    engine.request<T>('GET', path, { query: { filters: JSON.stringify({ label }) }, signal });
  const services = await listServices(engine, { label }, signal);
  const [secrets, configs, networks] = await Promise.all([
    list<Stored>('/secrets'),
    list<Stored>('/configs'),
    list<Networks>('/networks'),
  ]);
  const stored = (kind: 'secret' | 'config', found: Stored): readonly Removal[] =>
    (found ?? []).map(({ ID, Spec }) => ({
      what: `${kind} ${Spec.Name}`,
      remove: (own) => engine.request('DELETE', `/${kind}s/${ID}`, { signal: own }),
    }));
  return [
    ...services.map(({ ID, Spec }) => ({
      what: `service ${Spec.Name}`,
      remove: (own: AbortSignal) => removeService(engine, ID, own),
    })),
    ...stored('secret', secrets),
    ...stored('config', configs),
    ...(networks ?? []).map(({ Id, Name }) => ({
      what: `network ${Name}`,
      remove: (own: AbortSignal) => retireNetwork(engine, { id: Id, name: Name }, own),
    })),
  ];
}
