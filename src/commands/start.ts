import { swarmup } from '../lib/typed-command.js';
import { hostsCommand } from '../cli/hosts-command.js';

export default hostsCommand({
  summary: 'start hosts and wait until their engines answer',
  examples: [swarmup`start agent1 agent2`],
  act: async (context, names, options) => {
    const { startHosts } = await import('../operations/hosts/power.js');
    return startHosts(context, names, options);
  },
});
