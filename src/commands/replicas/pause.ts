import { ReplicasEntriesCommand } from '../../cli/replicas-command.js';
import type { OperationContext } from '../../operations/access/context.js';
import type { EntriesRequest } from '../../operations/agent/replicas-entries.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasPause extends ReplicasEntriesCommand {
  static override summary = 'stop holding the counts of services for now';
  static override description = 'What is declared stays, and replicas resume holds it again.';
  static override examples = ['<%= config.bin %> replicas pause web', '<%= config.bin %> replicas pause --all'];

  protected override async act(context: OperationContext, request: EntriesRequest): Promise<ReplicasChange> {
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    return pauseReplicas(context, request, true);
  }
}
