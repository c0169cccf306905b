import { swarmup } from '../../lib/typed-command.js';
import { changeFlags } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';

export default changes({
  summary: 'let nodes take tasks again after a drain or a pause',
  description: 'Tasks that moved away do not come back by themselves: see rebalance.',
  examples: [swarmup`node activate agent1`, swarmup`node activate --dry-run agent1 agent2`],
  args: nodeNames,
  flags: changeFlags,
  run: async ({ args, flags, operate }) => {
    const { activateNodes } = await import('../../operations/nodes/change-nodes.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => activateNodes(context, request));
  },
  ...nodeOutcomes,
});
