import type { OperationContext } from '../../operations/context.js';
import type { HostsResult } from '../../operations/results.js';
import type { SnapshotRequest } from '../../operations/snapshots.js';
import { SnapshotCommand } from '../../cli/snapshot-command.js';

export default class SnapshotRm extends SnapshotCommand {
  static override summary = 'remove a snapshot of hosts; the hosts stay as they are';
  static override examples = ['<%= config.bin %> snapshot rm before-upgrade manager agent1'];

  protected override async act(context: OperationContext, request: SnapshotRequest): Promise<HostsResult> {
    const { removeSnapshots } = await import('../../operations/snapshots.js');
    return removeSnapshots(context, request);
  }
}
