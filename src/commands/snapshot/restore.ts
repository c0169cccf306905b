import { Flags } from '@oclif/core';
import type { OperationContext } from '../../operations/access/context.js';
import type { HostsResult } from '../../operations/access/results.js';
import type { LabSnapshotRequest } from '../../operations/lab/snapshot-lab.js';
import type { RestoreSnapshotsRequest } from '../../operations/hosts/snapshots.js';
import { yesFlag } from '../../cli/swarm-flags.js';
import { SnapshotCommand } from '../../cli/snapshot-command.js';

export default class SnapshotRestore extends SnapshotCommand {
  static override summary = 'put hosts back to a snapshot; what they did since is lost';
  static override examples = [
    '<%= config.bin %> snapshot restore before-upgrade manager agent1',
    '<%= config.bin %> snapshot restore before-upgrade',
  ];

  static override flags = {
    ...SnapshotCommand.flags,
    yes: yesFlag,
    force: Flags.boolean({ description: 'also when the swarm loses its quorum' }),
  };

  protected override readonly question = 'Put them back? What they did since is lost.';

  protected override async act(context: OperationContext, request: RestoreSnapshotsRequest): Promise<HostsResult> {
    const { restoreSnapshots } = await import('../../operations/hosts/snapshots.js');
    return restoreSnapshots(context, request);
  }

  protected override async actOnLab(context: OperationContext, request: LabSnapshotRequest): Promise<HostsResult> {
    const { restoreLab } = await import('../../operations/lab/snapshot-lab.js');
    return restoreLab(context, request);
  }
}
