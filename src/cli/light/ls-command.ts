import { listHosts } from '../../operations/hosts/list-hosts.js';
import { asksHosts, hostListing } from '../render/host-table.js';
import { listFlags, listView } from '../render/listing.js';
import { lightCommand } from './light-command.js';
import { timeoutFlag } from './timeout-flag.js';

export const lsCommand = lightCommand({
  id: 'ls',
  summary: 'list the hosts',
  description:
    'Asks all drivers and engines at once. A host that does not answer in time is shown with what is known about it.',
  examples: [
    '<%= config.bin %> ls',
    '<%= config.bin %> ls --filter driver=docker --filter state=running -q',
    String.raw`<%= config.bin %> ls --format '{{.Name}}\t{{.State}}'`,
  ],
  flags: { ...listFlags(hostListing), timeout: { ...timeoutFlag, default: 3 } },
  run: async ({ context, flags, json }) => {
    const all = listView(hostListing, flags, { json });
    const before = listView(hostListing, { ...flags, filter: flags.filter.filter((filter) => !asksHosts(filter)) });
    return listHosts(context, {
      timeoutMs: flags.timeout * 1000,
      probe: !flags.quiet || flags.filter.some(asksHosts),
      filter: (row, known) => (known === 'store' ? before : all).keep(row),
    });
  },
  render: ({ hosts }, { flags }) => listView(hostListing, flags).text(hosts),
});
