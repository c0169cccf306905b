import { entriesFlags, entriesRequest, ReplicasCommand } from '../../cli/replicas-command.js';
import { serviceNames } from '../../cli/swarm-flags.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasPause extends ReplicasCommand {
  static override summary = 'stop holding the counts of services for now';
  static override description = 'What is declared stays, and replicas resume holds it again.';
  static override examples = ['<%= config.bin %> replicas pause web', '<%= config.bin %> replicas pause --all'];
  static override args = serviceNames;
  static override flags = entriesFlags;

  async run(): Promise<ReplicasChange> {
    const { args, flags } = await this.parse(ReplicasPause);
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    return this.change((context) => pauseReplicas(context, entriesRequest(args, flags), true));
  }
}
