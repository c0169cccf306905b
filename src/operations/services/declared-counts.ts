import { declaredFor, wantedReplicas } from '../../agent/desired-state.js';
import type { EngineClient } from '../../lib/engine-client.js';
import { SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import type { Service } from '../../swarm/workload.js';
import { readDesiredState } from '../access/desired-state-store.js';

/** The count that a service is to get. undefined: it has none. */
interface WantedCount {
  readonly service: Service;
  readonly replicas: number | undefined;
}

/**
 * Refuses counts that the agent would set back. Errors: SERVICE_DECLARED (exit 3), with the commands that change the
 * declaration.
 */
export async function refuseDeclared(
  engine: EngineClient,
  { swarm, signal }: { readonly swarm: string; readonly signal: AbortSignal },
  wanted: readonly WantedCount[],
): Promise<void> {
  const { state } = await readDesiredState(engine, signal);
  const refused = wanted.flatMap(({ service, replicas }) => {
    const { Name: name, Labels: labels } = service.Spec;
    const entry = state.services[name];
    const { target, declaredBy } = declaredFor(name, labels, entry);
    if (target === undefined || replicas === undefined || entry?.paused === true) return [];
    const kept = wantedReplicas(target, replicas);
    return kept === replicas ? [] : [{ name, replicas, kept, byLabels: declaredBy === 'labels' }];
  });
  const [first] = refused;
  if (first === undefined) return;
  const counts = (of: typeof refused): readonly string[] => of.map(({ name, replicas }) => `${name}=${replicas}`);
  const text = refused.map(({ name, kept }) => `${name} (${kept})`).join(', ');
  throw new SwarmupError(
    'SERVICE_DECLARED',
    `the agent would set this count back, because another one is declared: ${text}`,
    {
      exitCode: exitCodes.preflight,
      hints: [
        `${swarmup`replicas set ${inSwarm(swarm)} ${counts(refused)}`} changes the declaration, and the agent the count`,
        ...(first.byLabels ? ['labels of the service declare the count: swarmup.replicas'] : []),
        `${swarmup`replicas pause ${inSwarm(swarm)} ${refused.map(({ name }) => name)}`} lets anybody change the count`,
      ],
    },
  );
}
