import { Flags } from '@oclif/core';
import type { OperationContext } from '../operations/access/context.js';
import type { EntriesRequest } from '../operations/agent/replicas-entries.js';
import type { ReplicasChange } from '../operations/agent/replicas-results.js';
import { BaseCommand } from './base-command.js';
import { replicasChange } from './render/replicas-tables.js';
import { dryRunFlag, swarmFlag } from './swarm-flags.js';

/** A command that changes what is declared for services, and tells what holds then. */
export abstract class ReplicasCommand extends BaseCommand {
  protected async change(act: (context: OperationContext) => Promise<ReplicasChange>): Promise<ReplicasChange> {
    const result = await this.operate({ quiet: true }, act);
    this.print(replicasChange(result));
    for (const warning of result.warnings) this.io.say(`Warning: ${warning}\n`);
    return result;
  }
}

export const entriesFlags = {
  swarm: swarmFlag,
  all: Flags.boolean({ description: 'all services that are declared' }),
  'dry-run': dryRunFlag,
};

/** Of commands for services that are declared already: named ones or all. */
export const entriesRequest = (
  { service }: { readonly service: readonly string[] },
  flags: { readonly swarm: string; readonly all: boolean; readonly 'dry-run': boolean },
): EntriesRequest => ({ swarm: flags.swarm, names: service, all: flags.all, dryRun: flags['dry-run'] });
