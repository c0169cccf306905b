import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { taskListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: taskListing,
  rows: 'tasks',
  summary: 'list the tasks on nodes',
  examples: [swarmup`node ps agent1`, swarmup`node ps --all`],
  args: {
    name: { description: 'hosts, hostnames or node IDs [default: all nodes]', many: true, names: 'nodes' },
  },
  flags: {
    swarm: swarmFlag,
    all: { type: 'boolean', char: 'a', description: 'also list tasks that have ended' },
  },
  run: async ({ args, flags, operate }) => {
    const { tasksOf } = await import('../../operations/services/list-services.js');
    const nodes = args.name.length === 0 ? {} : { nodes: args.name };
    const request = { swarm: flags.swarm, all: flags.all, ...nodes };
    return operate({ quiet: true }, (context) => tasksOf(context, request));
  },
});
