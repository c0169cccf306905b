import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { nodeNames } from '../../cli/nodes-command.js';
import { nodeDetails } from '../../cli/render/node-details.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default shows({
  summary: 'show what the managers of a swarm know about nodes',
  examples: [swarmup`node inspect agent1`, swarmup`node inspect --json agent1`],
  args: nodeNames,
  flags: { swarm: swarmFlag },
  run: async ({ args, flags, operate }) => {
    const { inspectNodes } = await import('../../operations/nodes/inspect-nodes.js');
    const request = { swarm: flags.swarm, names: args.name };
    return operate({ quiet: true }, (context) => inspectNodes(context, request));
  },
  render: (result) => result.nodes.map(nodeDetails).join('\n'),
});
