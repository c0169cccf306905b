import { swarmup } from '../lib/typed-command.js';
import { guardedHostsCommand } from '../cli/hosts-command.js';

export default guardedHostsCommand({
  summary: 'cut the power of hosts; unsaved data is lost',
  examples: [swarmup`kill agent1 agent2`],
  act: async (context, names, options) => {
    const { killHosts } = await import('../operations/hosts/power.js');
    return killHosts(context, names, options);
  },
});
