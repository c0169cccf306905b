import { ReplicasEntriesCommand } from '../../cli/replicas-command.js';
import type { OperationContext } from '../../operations/access/context.js';
import type { EntriesRequest } from '../../operations/agent/replicas-entries.js';
import type { ReplicasChange } from '../../operations/agent/replicas-results.js';

export default class ReplicasUnset extends ReplicasEntriesCommand {
  static override summary = 'forget what was declared for services; their counts are yours again';
  static override description = 'Labels of a service (swarmup.replicas) still hold.';
  static override examples = ['<%= config.bin %> replicas unset web', '<%= config.bin %> replicas unset --all'];

  protected override async act(context: OperationContext, request: EntriesRequest): Promise<ReplicasChange> {
    const { unsetReplicas } = await import('../../operations/agent/replicas-entries.js');
    return unsetReplicas(context, request);
  }
}
