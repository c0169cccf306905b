import { changeFlags } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';

export default changes({
  summary: 'make managers workers',
  description:
    'One after another, the leader last. What would cost the swarm its quorum is refused before anything is done.',
  examples: ['<%= config.bin %> node demote m2', '<%= config.bin %> node demote --dry-run m2 m3'],
  args: nodeNames,
  flags: changeFlags,
  run: async ({ args, flags, operate }) => {
    const { demoteNodes } = await import('../../operations/nodes/change-roles.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => demoteNodes(context, request));
  },
  ...nodeOutcomes,
});
