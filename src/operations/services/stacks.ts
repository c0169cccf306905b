import type { EngineClient } from '../../lib/engine-client.js';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { stackLabel } from '../../swarm/compose/stack-names.js';
import { retireNetwork } from '../../swarm/network-api.js';
import { listServices, removeService } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { openWritable } from '../access/guard-swarm.js';
import { openSwarm } from '../access/swarm-access.js';

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

/** Removes stacks with their services, secrets, configs and networks. Errors: STACK_UNKNOWN (exit 2) before anything is removed. */
export async function removeStacks(
  context: OperationContext,
  request: { readonly swarm: string; readonly stacks: readonly string[]; readonly dryRun: boolean },
): Promise<StackRemoveResult> {
  const { swarm, dryRun, stacks } = request;
  const known = (await listStacks(context, swarm)).stacks.map(({ name }) => name);
  const unknown = stacks.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    throw usageError(
      'STACK_UNKNOWN',
      `there is no stack ${unknown}`,
      meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : 'swarmup stack ls',
    );
  }
  const { engine } = await openWritable(context, swarm);
  const { signal } = context;
  const removed: string[] = [];
  for (const stack of stacks) removed.push(...(await removeStack(engine, stack, dryRun, signal)));
  return { swarm, dryRun, stacks, removed };
}

type Stored = readonly { readonly ID: string; readonly Spec: { readonly Name: string } }[] | null;
type Networks = readonly { readonly Id: string; readonly Name: string }[] | null;

async function removeStack(
  engine: EngineClient,
  stack: string,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const removed: string[] = [];
  const query = { filters: JSON.stringify({ label: [`${stackLabel}=${stack}`] }) };
  for (const { ID, Spec } of await listServices(engine, { label: [`${stackLabel}=${stack}`] }, signal)) {
    removed.push(`service ${Spec.Name}`);
    if (!dryRun) await removeService(engine, ID, signal);
  }
  for (const kind of ['secrets', 'configs'] as const)
    for (const { ID, Spec } of (await engine.request<Stored>('GET', `/${kind}`, { query, signal })) ?? []) {
      removed.push(`${kind.slice(0, -1)} ${Spec.Name}`);
      if (!dryRun) await engine.request('DELETE', `/${kind}/${ID}`, { signal });
    }
  for (const { Id, Name } of (await engine.request<Networks>('GET', '/networks', { query, signal })) ?? []) {
    removed.push(`network ${Name}`);
    if (!dryRun) await retireNetwork(engine, { id: Id, name: Name }, signal);
  }
  return removed;
}
