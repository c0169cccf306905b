import { ReplicasEntriesCommand } from '../../cli/replicas-command.js';
import type { OperationContext } from '../../operations/access/context.js';
import type { EntriesRequest } from '../../operations/agent/replicas-entries.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasResume extends ReplicasEntriesCommand {
  static override summary = 'hold the counts of paused services again';
  static override examples = ['<%= config.bin %> replicas resume web', '<%= config.bin %> replicas resume --all'];

  protected override async act(context: OperationContext, request: EntriesRequest): Promise<ReplicasChange> {
    const { pauseReplicas } = await import('../../operations/agent/replicas-entries.js');
    return pauseReplicas(context, request, false);
  }
}
