import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { contextListing } from '../../cli/contexts-command.js';

export default lists({
  listing: contextListing,
  rows: 'contexts',
  summary: 'list the docker contexts that swarmup wrote',
  examples: [swarmup`context ls`],
  run: async ({ operate }) => {
    const { listContexts } = await import('../../operations/clients/change-contexts.js');
    return operate({ quiet: true }, listContexts);
  },
});
