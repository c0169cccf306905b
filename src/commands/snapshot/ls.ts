import { LabCommand, labFlags } from '../../cli/lab-command.js';
import { listArg } from '../../cli/list-arg.js';
import { flagsOfList } from '../../cli/list-flags.js';
import type { Listing } from '../../cli/render/listing.js';
import type { SnapshotRow } from '../../operations/hosts/snapshots.js';

const snapshotListing: Listing<SnapshotRow> = {
  id: ({ name }) => name,
  columns: {
    Host: { text: ({ host }) => host },
    Name: { text: ({ name }) => name, head: 'SNAPSHOT' },
    Current: { text: ({ current }) => (current ? '*' : '') },
  },
};

export default class SnapshotLs extends LabCommand {
  static override summary = 'list the snapshots of hosts';
  static override examples = ['<%= config.bin %> snapshot ls manager agent1'];
  static override args = {
    host: listArg('hosts [default: the whole lab]'),
  };
  static override flags = { ...flagsOfList(snapshotListing), file: labFlags.file };

  async run(): Promise<{ readonly snapshots: readonly SnapshotRow[] }> {
    const { args, flags } = await this.parse(SnapshotLs);
    const view = this.view(snapshotListing, flags);
    const { listSnapshots } = await import('../../operations/hosts/snapshots.js');
    const { membersOf } = await import('../../operations/lab/lab-members.js');
    const lab = args.host.length === 0 ? await this.labRequest(flags) : undefined;
    const result = await this.operate({ quiet: true }, async (context) =>
      listSnapshots(context, lab === undefined ? [...new Set(args.host)] : (await membersOf(context, lab)).names),
    );
    return this.showList(view, result, 'snapshots');
  }
}
