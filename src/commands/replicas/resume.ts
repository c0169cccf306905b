import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { replicasChange } from '../../cli/render/replicas-tables.js';
import { dryRunFlag, serviceNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasResume extends BaseCommand {
  static override summary = 'hold the counts of paused services again';

  static override examples = ['<%= config.bin %> replicas resume web', '<%= config.bin %> replicas resume --all'];
  static override args = serviceNames;
  static override flags = {
    swarm: swarmFlag,
    all: Flags.boolean({ description: 'all services that are declared' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasResume);
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    const request = { swarm: flags.swarm, names: args.service, all: flags.all, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: true }, (context) => pauseReplicas(context, request, false));
    this.print(replicasChange(result));
    for (const warning of result.warnings) this.io.say(`Warning: ${warning}\n`);
    return result;
  }
}
