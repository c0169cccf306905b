import { swarmup } from '../../lib/typed-command.js';
import { changeFlags } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';

export default changes({
  summary: 'turn workers into managers',
  description:
    'Workers are promoted one after another, each when the managers can reach the previous one (after about 11 ' +
    's). Their hosts get the agent, unless the swarm runs without it.',
  examples: [swarmup`node promote agent1`, swarmup`node promote --dry-run agent1 agent2`],
  args: nodeNames,
  flags: changeFlags,
  run: async ({ args, flags, operate }) => {
    const { promoteNodes } = await import('../../operations/nodes/change-roles.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => promoteNodes(context, request));
  },
  ...nodeOutcomes,
});
