import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { stackListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: stackListing,
  rows: 'stacks',
  summary: 'list the stacks of a swarm',
  examples: [swarmup`stack ls`],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate }) => {
    const { listStacks } = await import('../../operations/services/stacks.js');
    return operate({ quiet: true }, (context) => listStacks(context, flags.swarm));
  },
});
