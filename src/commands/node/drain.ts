import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { drainLines } from '../../cli/render/drain-lines.js';

export default changes({
  summary: 'move all tasks off nodes until they are activated again',
  description:
    'With --zero-downtime, each task first gets a replacement on another node, which must run and be healthy. If ' +
    'there is no room for the replacements, nothing is changed.',
  examples: [swarmup`node drain --zero-downtime agent1`, swarmup`node drain --dry-run agent1 agent2`],
  args: {
    name: { description: 'hosts, hostnames or node IDs', many: true, required: true, names: 'nodes' },
  },
  flags: {
    swarm: swarmFlag,
    'zero-downtime': { type: 'boolean', description: 'start replacements on other nodes before tasks stop' },
    force: { type: 'boolean', description: 'go on even if some tasks then have no node to run on' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate }) => {
    const { drainNodes } = await import('../../operations/nodes/drain-nodes.js');
    const request = {
      swarm: flags.swarm,
      names: args.name,
      zeroDowntime: flags['zero-downtime'],
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    return operate({ quiet: flags.quiet }, (context) => drainNodes(context, request));
  },
  render: drainLines,
});
