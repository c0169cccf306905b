import { managerNames, quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';

export default changes({
  summary: 'install the agent on the managers of a swarm, or bring it up to date',
  description:
    'create does it for new managers, unless told --no-agent. The agent runs on Node.js 18 or newer: the one of the ' +
    "host, else its distribution's package, else a copy of the one that runs swarmup.",
  examples: ['<%= config.bin %> agent install', '<%= config.bin %> agent install m2 --dry-run'],
  args: managerNames,
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate }) => {
    const { installAgents } = await import('../../operations/agent/install-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => installAgents(context, request));
  },
  ...hostOutcomes,
});
