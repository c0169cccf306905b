import type { OperationContext } from '../operations/access/context.js';
import type { EntriesRequest } from '../operations/agent/replicas-entries.js';
import type { ReplicasChange } from '../operations/agent/replicas-results.js';
import type { CommandTools } from './command.js';
import { swarmFlag } from './swarm-flags.js';

/** Changes what is declared for services, and warns of what holds nevertheless. */
export async function changeReplicas(
  { io, operate }: CommandTools,
  act: (context: OperationContext) => Promise<ReplicasChange>,
): Promise<ReplicasChange> {
  const result = await operate({ quiet: true }, act);
  for (const warning of result.warnings) io.say(`Warning: ${warning}\n`);
  return result;
}

export const entriesFlags = {
  swarm: swarmFlag,
  all: { type: 'boolean', description: 'all services that have a declaration' },
} as const;

/** Of commands for services that are declared already: named ones or all. */
export const entriesRequest = (
  { service }: { readonly service: readonly string[] },
  flags: { readonly swarm: string; readonly all: boolean; readonly 'dry-run': boolean },
): EntriesRequest => ({ swarm: flags.swarm, names: service, all: flags.all, dryRun: flags['dry-run'] });
