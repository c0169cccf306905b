import { withDeadline } from '../../lib/abort.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { stackLabel } from '../../swarm/compose/stack-names.js';
import { isOverlay, listNetworks } from '../../swarm/network-api.js';
import { listServices, listWorkloadNodes } from '../../swarm/workload-api.js';
import type { OperationContext } from '../access/context.js';
import { enginesOverTls } from '../access/engine-over-tls.js';

/** What a swarm can be asked for by name. */
export type SwarmNameKind = keyof typeof questions;

const questions = {
  services: async (engine: EngineClient, signal: AbortSignal) =>
    (await listServices(engine, {}, signal)).map(({ Spec }) => Spec.Name),
  stacks: async (engine: EngineClient, signal: AbortSignal) =>
    (await listServices(engine, { label: [stackLabel] }, signal)).flatMap(
      ({ Spec }) => Spec.Labels?.[stackLabel] ?? [],
    ),
  networks: async (engine: EngineClient, signal: AbortSignal) =>
    (await listNetworks(engine, signal)).filter(isOverlay).map(({ Name }) => Name),
  secrets: (engine: EngineClient, signal: AbortSignal) => storedNames(engine, '/secrets', signal),
  configs: (engine: EngineClient, signal: AbortSignal) => storedNames(engine, '/configs', signal),
  nodes: async (engine: EngineClient, signal: AbortSignal) =>
    (await listWorkloadNodes(engine, signal)).flatMap(({ Description }) => Description.Hostname ?? []),
};

/**
 * Names that a swarm knows, sorted, by the TLS port of the first manager that answers. Empty when none does within
 * `timeoutMs`: it is asked at a TAB, where a proposal that comes late is worse than none.
 */
export async function swarmNames(
  context: Pick<OperationContext, 'store' | 'signal'>,
  { swarm, kind, timeoutMs }: { readonly swarm: string; readonly kind: SwarmNameKind; readonly timeoutMs: number },
): Promise<readonly string[]> {
  const { machines } = await context.store.list();
  const managers = machines.filter((record) => record.swarm === swarm && record.role === 'manager');
  const engineOf = enginesOverTls(context.store);
  try {
    const names = await withDeadline(
      { what: `the ${kind} of swarm ${swarm}`, timeoutMs, signal: context.signal },
      (signal) => Promise.any(managers.map(async (manager) => questions[kind](engineOf(manager), signal))),
    );
    return [...new Set(names)].sort();
  } catch {
    return [];
  }
}

/** API: GET /secrets, /configs. */
async function storedNames(engine: EngineClient, path: string, signal: AbortSignal): Promise<readonly string[]> {
  type Stored = readonly { readonly Spec: { readonly Name: string } }[] | null;
  return ((await engine.request<Stored>('GET', path, { signal })) ?? []).map(({ Spec }) => Spec.Name);
}
