import { changeFlags } from '../../cli/swarm-flags.js';
import { destroys } from '../../cli/oclif-command.js';
import { destroyNodes, nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default destroys({
  summary: 'take nodes out of their swarm; the hosts stay',
  description:
    'Their tasks run elsewhere first, managers are demoted, the hosts leave, and the managers forget them. Nodes that ' +
    'are Down are only forgotten. swarm join brings a host back; rm removes hosts altogether.',
  examples: ['<%= config.bin %> node rm agent1', '<%= config.bin %> node rm --dry-run m3 agent1'],
  args: nodeNames,
  flags: {
    ...changeFlags,
    force: {
      type: 'boolean',
      description: 'also nodes that do not answer or are not ours, and when tasks have no other place',
    },
  },
  run: async (call): Promise<NodesResult> => {
    const { args, flags } = call;
    const { removeNodes } = await import('../../operations/nodes/remove-nodes.js');
    const request = { swarm: flags.swarm, names: args.name, force: flags.force };
    return destroyNodes(call, flags, 'Take them out of the swarm?', (context, { dryRun }) =>
      removeNodes(context, { ...request, dryRun }),
    );
  },
  ...nodeOutcomes,
});
