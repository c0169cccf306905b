import { swarmup } from '../../lib/typed-command.js';
import { changeFlags } from '../../cli/swarm-flags.js';
import { destroys } from '../../cli/oclif-command.js';
import { destroyNodes, nodeOutcomes } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default destroys({
  summary: 'remove hosts from their swarm; they stay as Docker hosts',
  description:
    'The tasks of each host first start on other nodes, and managers are demoted. The command refuses to leave ' +
    'the swarm without a quorum. If all hosts leave, the swarm ends and everything in it is lost; this needs ' +
    '--force.',
  examples: [swarmup`swarm leave agent1`, swarmup`swarm leave --dry-run m3`],
  args: {
    name: { description: 'hosts, hostnames or node IDs', many: true, required: true, names: 'nodes' },
  },
  flags: {
    ...changeFlags,
    force: {
      type: 'boolean',
      description: 'go on even if a host does not answer, if tasks have no other node to run on, or if the swarm ends',
    },
  },
  run: async (call): Promise<NodesResult> => {
    const { args, flags } = call;
    const { leaveHosts } = await import('../../operations/nodes/leave-hosts.js');
    const request = { swarm: flags.swarm, names: args.name, force: flags.force };
    return destroyNodes(call, flags, 'Remove these hosts from the swarm?', (context, { dryRun }) =>
      leaveHosts(context, { ...request, dryRun }),
    );
  },
  ...nodeOutcomes,
});
