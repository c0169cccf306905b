import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { labRequest, labFlags } from '../../cli/lab-command.js';
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

export default lists({
  listing: snapshotListing,
  rows: 'snapshots',
  summary: 'list the snapshots of hosts',
  examples: [swarmup`snapshot ls manager agent1`],
  args: {
    host: { description: 'hosts [default: all hosts of the lab]', many: true, names: 'hosts' },
  },
  flags: { file: labFlags.file },
  run: async (call) => {
    const { args, flags } = call;
    const { listSnapshots } = await import('../../operations/hosts/snapshots.js');
    const { membersOf } = await import('../../operations/lab/lab-members.js');
    const lab = args.host.length === 0 ? await labRequest(call, flags) : undefined;
    return call.operate({ quiet: true }, async (context) =>
      listSnapshots(context, lab === undefined ? [...new Set(args.host)] : (await membersOf(context, lab)).names),
    );
  },
});
