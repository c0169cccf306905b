import { swarmup } from '../../lib/typed-command.js';
import { changeFlags } from '../../cli/swarm-flags.js';
import { destroys } from '../../cli/oclif-command.js';
import { destroyNodes, nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default destroys({
  summary: 'remove nodes from their swarm; the hosts stay',
  description:
    'The tasks of each node first start on other nodes. Then managers are demoted, the hosts leave the swarm, ' +
    'and the nodes are removed from the list. A node that is Down is only removed from the list. To bring a host ' +
    'back, use swarm join; to remove the host itself, use rm.',
  examples: [swarmup`node rm agent1`, swarmup`node rm --dry-run m3 agent1`],
  args: nodeNames,
  flags: {
    ...changeFlags,
    force: {
      type: 'boolean',
      description:
        'also remove nodes that do not answer, that swarmup does not manage, or whose tasks have no other node to ' +
        'run on',
    },
  },
  run: async (call): Promise<NodesResult> => {
    const { args, flags } = call;
    const { removeNodes } = await import('../../operations/nodes/remove-nodes.js');
    const request = { swarm: flags.swarm, names: args.name, force: flags.force };
    return destroyNodes(call, flags, 'Remove these nodes from the swarm?', (context, { dryRun }) =>
      removeNodes(context, { ...request, dryRun }),
    );
  },
  ...nodeOutcomes,
});
