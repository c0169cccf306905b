import { swarmup } from '../../lib/typed-command.js';
import { managerNames, quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';

export default changes({
  summary: 'install or update the agent on the managers of a swarm',
  description:
    'create installs the agent on new managers unless you add --no-agent. The agent needs Node.js 18 or newer. ' +
    'It uses the Node.js on the host, else the package of the distribution, else a copy of the Node.js that runs ' +
    'swarmup.',
  examples: [swarmup`agent install`, swarmup`agent install m2 --dry-run`],
  args: managerNames,
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate }) => {
    const { installAgents } = await import('../../operations/agent/install-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => installAgents(context, request));
  },
  ...hostOutcomes,
});
