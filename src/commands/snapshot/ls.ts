import { LabCommand, labFlags } from '../../cli/lab-command.js';
import { table } from '../../cli/render/table.js';
import type { SnapshotRow } from '../../operations/snapshot-lab.js';

export default class SnapshotLs extends LabCommand {
  static override summary = 'list the snapshots of the lab, oldest first';
  static override examples = ['<%= config.bin %> snapshot ls'];
  static override flags = { file: labFlags.file };

  async run(): Promise<{ readonly lab: string; readonly snapshots: readonly SnapshotRow[] }> {
    const { flags } = await this.parse(SnapshotLs);
    const { listSnapshots } = await import('../../operations/snapshot-lab.js');
    const request = await this.labRequest(flags);
    const result = await this.operate({ quiet: true }, (context) => listSnapshots(context, request));
    const rows = result.snapshots.map(({ name, createdAt, hosts }) => [
      name,
      createdAt,
      hosts.map((host) => host.name).join(' '),
    ]);
    this.print(table(['SNAPSHOT', 'MADE', 'HOSTS'], rows));
    return result;
  }
}
