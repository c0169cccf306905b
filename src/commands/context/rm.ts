import { swarmup } from '../../lib/typed-command.js';
import { changes } from '../../cli/oclif-command.js';
import { contextHosts, contextsTable } from '../../cli/contexts-command.js';

export default changes({
  summary: 'remove docker contexts that swarmup wrote; other contexts stay',
  examples: [swarmup`context rm manager`],
  args: contextHosts,
  run: async ({ args, flags, operate }) => {
    const { removeContexts } = await import('../../operations/clients/change-contexts.js');
    return operate({ quiet: true }, (context) => removeContexts(context, args.name, { dryRun: flags['dry-run'] }));
  },
  render: contextsTable,
});
