import type { OperationContext } from '../../operations/access/context.js';
import type { HostsResult } from '../../operations/access/results.js';
import type { LabSnapshotRequest } from '../../operations/lab/snapshot-lab.js';
import type { SnapshotRequest } from '../../operations/hosts/snapshots.js';
import { yesFlag } from '../../cli/swarm-flags.js';
import { SnapshotCommand } from '../../cli/snapshot-command.js';

export default class SnapshotRm extends SnapshotCommand {
  static override summary = 'remove a snapshot of hosts; the hosts stay as they are';
  static override examples = [
    '<%= config.bin %> snapshot rm before-upgrade manager agent1',
    '<%= config.bin %> snapshot rm before-upgrade',
  ];

  static override flags = { ...SnapshotCommand.flags, yes: yesFlag };

  protected override readonly question = 'Remove the snapshot?';

  protected override async act(context: OperationContext, request: SnapshotRequest): Promise<HostsResult> {
    const { removeSnapshots } = await import('../../operations/hosts/snapshots.js');
    return removeSnapshots(context, request);
  }

  protected override async actOnLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
    const { membersOf } = await import('../../operations/lab/lab-members.js');
    const { name, dryRun } = request;
    return this.act(context, { name, dryRun, hosts: (await membersOf(context, request)).names });
  }
}
