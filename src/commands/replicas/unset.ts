import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { replicasChange } from '../../cli/render/replicas-tables.js';
import { dryRunFlag, serviceNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasUnset extends BaseCommand {
  static override summary = 'forget what was declared for services; their counts are yours again';
  static override description = 'Labels of a service (swarmup.replicas) still hold.';
  static override examples = ['<%= config.bin %> replicas unset web', '<%= config.bin %> replicas unset --all'];
  static override args = serviceNames;
  static override flags = {
    swarm: swarmFlag,
    all: Flags.boolean({ description: 'all services that are declared' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasUnset);
    const { unsetReplicas } = await import('../../operations/agent/replicas-entries.js');
    const request = { swarm: flags.swarm, names: args.service, all: flags.all, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: true }, (context) => unsetReplicas(context, request));
    this.print(replicasChange(result));
    for (const warning of result.warnings) this.io.say(`Warning: ${warning}\n`);
    return result;
  }
}
