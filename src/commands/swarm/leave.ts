import { changeFlags } from '../../cli/swarm-flags.js';
import { destroys } from '../../cli/oclif-command.js';
import { destroyNodes, nodeOutcomes } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default destroys({
  summary: 'take hosts out of their swarm; they stay as Docker hosts',
  description:
    'Their tasks run elsewhere first, managers are demoted. What would cost the swarm its quorum is refused. When all ' +
    'hosts leave, the swarm ends with everything in it: that takes --force.',
  examples: ['<%= config.bin %> swarm leave agent1', '<%= config.bin %> swarm leave --dry-run m3'],
  args: {
    name: { description: 'hosts, hostnames or node IDs', many: true, required: true },
  },
  flags: {
    ...changeFlags,
    force: {
      type: 'boolean',
      description: 'also hosts that do not answer, when tasks have no other place, and when the swarm ends',
    },
  },
  run: async (call): Promise<NodesResult> => {
    const { args, flags } = call;
    const { leaveHosts } = await import('../../operations/nodes/leave-hosts.js');
    const request = { swarm: flags.swarm, names: args.name, force: flags.force };
    return destroyNodes(call, flags, 'Let them leave?', (context, { dryRun }) =>
      leaveHosts(context, { ...request, dryRun }),
    );
  },
  ...nodeOutcomes,
});
