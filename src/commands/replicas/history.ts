import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { historyListing } from '../../cli/render/replicas-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: historyListing,
  rows: 'revisions',
  summary: 'show the recent changes of the declared replica counts',
  examples: [swarmup`replicas history`],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate }) => {
    const { replicasHistory } = await import('../../operations/agent/replicas-history.js');
    return operate({ quiet: true }, (context) => replicasHistory(context, flags.swarm));
  },
  empty: ({ swarm }) => `No replica counts have been declared in swarm ${swarm} yet.`,
});
