import { entriesFlags, entriesRequest, ReplicasCommand } from '../../cli/replicas-command.js';
import { serviceNames } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasResume extends ReplicasCommand {
  static override summary = 'hold the counts of paused services again';
  static override examples = ['<%= config.bin %> replicas resume web', '<%= config.bin %> replicas resume --all'];
  static override args = serviceNames;
  static override flags = entriesFlags;

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasResume);
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    return this.change((context) => pauseReplicas(context, entriesRequest(args, flags), false));
  }
}
