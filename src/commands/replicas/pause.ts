import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { replicasChange } from '../../cli/render/replicas-tables.js';
import { dryRunFlag, serviceNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasPause extends BaseCommand {
  static override summary = 'stop holding the counts of services for now';
  static override description = 'What is declared stays, and replicas resume holds it again.';
  static override examples = ['<%= config.bin %> replicas pause web', '<%= config.bin %> replicas pause --all'];
  static override args = serviceNames;
  static override flags = {
    swarm: swarmFlag,
    all: Flags.boolean({ description: 'all services that are declared' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasPause);
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    const request = { swarm: flags.swarm, names: args.service, all: flags.all, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: true }, (context) => pauseReplicas(context, request, true));
    this.print(replicasChange(result));
    for (const warning of result.warnings) this.io.say(`Warning: ${warning}\n`);
    return result;
  }
}
