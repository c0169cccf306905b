import { Flags } from '@oclif/core';
import type { OperationContext } from '../operations/access/context.js';
import type { EntriesRequest } from '../operations/agent/replicas-entries.js';
import type { ReplicasChange } from '../operations/agent/replicas-results.js';
import { BaseCommand } from './base-command.js';
import { replicasChange } from './render/replicas-tables.js';
import { dryRunFlag, serviceNames, swarmFlag } from './swarm-flags.js';

/** A command that changes what is declared for services, and tells what holds then. */
export abstract class ReplicasCommand extends BaseCommand {
  protected async change(act: (context: OperationContext) => Promise<ReplicasChange>): Promise<ReplicasChange> {
    const result = await this.operate({ quiet: true }, act);
    this.print(replicasChange(result));
    for (const warning of result.warnings) this.io.say(`Warning: ${warning}\n`);
    return result;
  }
}

/** One of those for services that are declared already: named ones or all. */
export abstract class ReplicasEntriesCommand extends ReplicasCommand {
  static override args = serviceNames;
  static override flags = {
    swarm: swarmFlag,
    all: Flags.boolean({ description: 'all services that are declared' }),
    'dry-run': dryRunFlag,
  };

  protected abstract act(context: OperationContext, request: EntriesRequest): Promise<ReplicasChange>;

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(this.ctor as typeof ReplicasEntriesCommand);
    const request = { swarm: flags.swarm, names: args.service, all: flags.all, dryRun: flags['dry-run'] };
    return this.change((context) => this.act(context, request));
  }
}
