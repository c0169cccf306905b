import type { OperationContext } from '../../operations/access/context.js';
import type { HostsResult } from '../../operations/access/results.js';
import type { LabSnapshotRequest } from '../../operations/lab/snapshot-lab.js';
import type { SnapshotRequest } from '../../operations/hosts/snapshots.js';
import { SnapshotCommand } from '../../cli/snapshot-command.js';

export default class SnapshotSave extends SnapshotCommand {
  static override summary = 'take a snapshot of hosts, of those that run with their memory';
  static override examples = [
    '<%= config.bin %> snapshot save before-upgrade manager agent1',
    '<%= config.bin %> snapshot save before-upgrade',
  ];

  protected override async act(context: OperationContext, request: SnapshotRequest): Promise<HostsResult> {
    const { saveSnapshots } = await import('../../operations/hosts/snapshots.js');
    return saveSnapshots(context, request);
  }

  protected override async actOnLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
    const { saveLab } = await import('../../operations/lab/snapshot-lab.js');
    return saveLab(context, request);
  }
}
