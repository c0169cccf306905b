import { existsSync } from 'node:fs';
import { swarmup } from '../../lib/typed-command.js';
import { listHosts } from '../../operations/hosts/list-hosts.js';
import { asksHosts, hostListing, labNotes } from '../render/host-table.js';
import { quickLists } from '../define-list.js';
import { listView } from '../render/listing.js';
import { timeoutFlag } from './timeout-flag.js';

export const lsCommand = quickLists({
  listing: hostListing,
  rows: 'hosts',
  notes: ({ hosts }) => labNotes(hosts, existsSync),
  summary: 'list the hosts',
  description:
    'swarmup asks all drivers and engines at the same time. If a host does not answer in time, the list shows ' +
    'what is known about the host.',
  examples: [
    swarmup`ls`,
    swarmup`ls --filter driver=docker --filter state=running -q`,
    swarmup`ls --format '{{.Name}}\\t{{.State}}'`,
  ],
  flags: { timeout: { ...timeoutFlag, default: 3 } },
  run: ({ flags, operate }) => {
    const all = listView(hostListing, flags);
    const before = listView(hostListing, { ...flags, filter: flags.filter.filter((filter) => !asksHosts(filter)) });
    return operate({ quiet: true }, (context) =>
      listHosts(context, {
        timeoutMs: flags.timeout * 1000,
        probe: !flags.quiet || flags.filter.some(asksHosts),
        filter: (row, known) => (known === 'store' ? before : all).keep(row),
      }),
    );
  },
});
