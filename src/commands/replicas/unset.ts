import { entriesFlags, entriesRequest, ReplicasCommand } from '../../cli/replicas-command.js';
import { serviceNames } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasUnset extends ReplicasCommand {
  static override summary = 'forget what was declared for services; their counts are yours again';
  static override description = 'Labels of a service (swarmup.replicas) still hold.';
  static override examples = ['<%= config.bin %> replicas unset web', '<%= config.bin %> replicas unset --all'];
  static override args = serviceNames;
  static override flags = entriesFlags;

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasUnset);
    const { unsetReplicas } = await import('../../operations/agent/replicas-entries.js');
    return this.change((context) => unsetReplicas(context, entriesRequest(args, flags)));
  }
}
