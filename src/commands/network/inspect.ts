import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { networkDetails } from '../../cli/render/network-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default shows({
  summary: 'show the details of overlay networks',
  examples: [swarmup`network inspect back`, swarmup`network inspect --json back`],
  args: { name: { description: 'networks', many: true, required: true, names: 'networks' } },
  flags: { swarm: swarmFlag },
  run: async ({ args, flags, operate }) => {
    const { networksOf } = await import('../../operations/networks/networks.js');
    const request = { swarm: flags.swarm, names: args.name };
    return operate({ quiet: true }, (context) => networksOf(context, request));
  },
  render: (result) => result.networks.map(networkDetails).join('\n'),
});
