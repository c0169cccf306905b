import { swarmup } from '../lib/typed-command.js';
import { guardedHostsCommand } from '../cli/hosts-command.js';

export default guardedHostsCommand({
  summary: 'shut hosts down cleanly',
  examples: [swarmup`stop agent1 agent2`],
  act: async (context, names, options) => {
    const { stopHosts } = await import('../operations/hosts/power.js');
    return stopHosts(context, names, options);
  },
});
