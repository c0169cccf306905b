import { swarmup } from '../../lib/typed-command.js';
import { changes } from '../../cli/oclif-command.js';
import { contextHosts, contextsTable } from '../../cli/contexts-command.js';

export default changes({
  summary: 'create or update docker contexts for hosts',
  description:
    'A context has the name of its host (swarmup-default for a host named default). ' +
    `${swarmup`rm NAME`} removes the context together with the host.`,
  examples: [swarmup`context create manager && docker --context manager node ls`],
  args: contextHosts,
  flags: {
    ssh: { type: 'boolean', description: 'connect over SSH instead of TLS; needs ssh-config --install' },
    check: { type: 'boolean', description: 'connect first, and fail if an engine is not that of its host' },
  },
  run: async ({ args, flags, operate }) => {
    const { createContexts } = await import('../../operations/clients/change-contexts.js');
    const options = { ssh: flags.ssh, check: flags.check, dryRun: flags['dry-run'] };
    return operate({ quiet: true }, (context) => createContexts(context, args.name, options));
  },
  render: contextsTable,
});
