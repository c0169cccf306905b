import { guardedHostsCommand } from '../cli/hosts-command.js';

export default guardedHostsCommand({
  summary: 'stop hosts and start them again; hosts that you already had are rebooted by ssh',
  examples: ['<%= config.bin %> restart agent1 agent2'],
  act: async (context, names, options) => {
    const { restartHosts } = await import('../operations/hosts/power.js');
    return restartHosts(context, names, options);
  },
});
