import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';

export default changes({
  summary: 'remove the agent from the hosts of a swarm',
  description:
    'The declared replica counts stay in the swarm, but nothing maintains them any longer. Without names, the ' +
    'whole swarm goes without the agent: create does not install it on new managers either, until you run agent ' +
    'install.',
  examples: [swarmup`agent remove`, swarmup`agent remove m3`],
  args: {
    name: { description: 'hosts [default: all hosts of the swarm]', many: true, names: 'hosts' },
  },
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate }) => {
    const { removeAgents } = await import('../../operations/agent/remove-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => removeAgents(context, request));
  },
  ...hostOutcomes,
});
