import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { drainLines } from '../../cli/render/drain-lines.js';

export default changes({
  summary: 'take all tasks from nodes, until they are activated again',
  description:
    'With --zero-downtime the tasks get replacements on other nodes first, which must run and be healthy; where there ' +
    'is no room for them nothing is changed.',
  examples: [
    '<%= config.bin %> node drain --zero-downtime agent1',
    '<%= config.bin %> node drain --dry-run agent1 agent2',
  ],
  args: {
    name: { description: 'hosts, hostnames or node IDs', many: true, required: true },
  },
  flags: {
    swarm: swarmFlag,
    'zero-downtime': { type: 'boolean', description: 'replacements run elsewhere before tasks stop' },
    force: { type: 'boolean', description: 'also when tasks then have no place to run' },
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
