import { LabCommand, labFlags } from '../../cli/lab-command.js';
import { listArg } from '../../cli/list-arg.js';
import { table } from '../../cli/render/table.js';
import type { SnapshotRow } from '../../operations/hosts/snapshots.js';

export default class SnapshotLs extends LabCommand {
  static override summary = 'list the snapshots of hosts';
  static override examples = ['<%= config.bin %> snapshot ls manager agent1'];
  static override args = {
    host: listArg('hosts [default: the whole lab]'),
  };
  static override flags = { file: labFlags.file };

  async run(): Promise<{ readonly snapshots: readonly SnapshotRow[] }> {
    const { args, flags } = await this.parse(SnapshotLs);
    const { listSnapshots } = await import('../../operations/hosts/snapshots.js');
    const { membersOf } = await import('../../operations/lab/lab-members.js');
    const lab = args.host.length === 0 ? await this.labRequest(flags) : undefined;
    const result = await this.operate({ quiet: true }, async (context) =>
      listSnapshots(context, lab === undefined ? [...new Set(args.host)] : (await membersOf(context, lab)).names),
    );
    const rows = result.snapshots.map(({ host, name, current }) => [host, name, current ? '*' : '']);
    this.print(table(['HOST', 'SNAPSHOT', 'CURRENT'], rows));
    return result;
  }
}
