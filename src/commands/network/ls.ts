import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { networkListing } from '../../cli/render/network-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: networkListing,
  rows: 'networks',
  summary: 'list the overlay networks of a swarm and the services that use them',
  examples: [swarmup`network ls`, swarmup`network ls --swarm production`],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate }) => {
    const { networksOf } = await import('../../operations/networks/networks.js');
    return operate({ quiet: true }, (context) => networksOf(context, { swarm: flags.swarm }));
  },
});
