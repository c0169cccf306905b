import { swarmup } from '../lib/typed-command.js';
import { guardedHostsCommand } from '../cli/hosts-command.js';

export default guardedHostsCommand({
  summary: 'restart hosts; hosts that existed before swarmup are rebooted over SSH',
  examples: [swarmup`restart agent1 agent2`],
  act: async (context, names, options) => {
    const { restartHosts } = await import('../operations/hosts/power.js');
    return restartHosts(context, names, options);
  },
});
