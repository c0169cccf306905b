import { changeFlags } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';

export default changes({
  summary: 'make workers managers',
  description:
    'One after another, each once the managers reach the one before (some 11 s). Their hosts get the agent, unless the ' +
    'swarm goes without.',
  examples: ['<%= config.bin %> node promote agent1', '<%= config.bin %> node promote --dry-run agent1 agent2'],
  args: nodeNames,
  flags: changeFlags,
  run: async ({ args, flags, operate }) => {
    const { promoteNodes } = await import('../../operations/nodes/change-roles.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => promoteNodes(context, request));
  },
  ...nodeOutcomes,
});
