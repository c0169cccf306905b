import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';

export default changes({
  summary: 'take the agent off the hosts of a swarm',
  description:
    'What was declared stays in the swarm, but nothing holds it any more. Without names the swarm is to be without the ' +
    'agent: create leaves it out, too, until agent install is run.',
  examples: ['<%= config.bin %> agent remove', '<%= config.bin %> agent remove m3'],
  args: {
    name: { description: 'hosts [default: all hosts of the swarm]', many: true },
  },
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate }) => {
    const { removeAgents } = await import('../../operations/agent/remove-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => removeAgents(context, request));
  },
  ...hostOutcomes,
});
