import { changes } from '../../cli/oclif-command.js';
import { boundFlag, boundOf } from '../../cli/bound-flag.js';
import { agentSettings } from '../../cli/render/agent-settings.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default changes({
  summary: 'show or change what the agents of a swarm do by themselves',
  description:
    'A manager that is dead for longer than --promote-after is replaced by a worker with the node label ' +
    'swarmup.promotable=true: never above the number of managers wanted, never without quorum. Off at first.',
  examples: [
    '<%= config.bin %> agent configure',
    '<%= config.bin %> agent configure --promote-after 300 --managers 3',
    '<%= config.bin %> agent configure --no-rebalance --promote-after none',
  ],
  flags: {
    swarm: swarmFlag,
    rebalance: { type: 'boolean', description: 'even services out when a node joins or returns', negatable: true },
    'promote-after': boundFlag('seconds until a dead manager is replaced; none: never'),
    managers: { type: 'integer', description: 'managers wanted (odd)', min: 1, max: 9, value: 'N' },
  },
  run: async ({ flags, operate }) => {
    const { configureAgents } = await import('../../operations/agent/configure-agents.js');
    const request = {
      swarm: flags.swarm,
      rebalance: flags.rebalance,
      promoteAfterSeconds: boundOf('promote-after', flags['promote-after'], 0),
      managers: flags.managers,
      dryRun: flags['dry-run'],
    };
    return operate({ quiet: true }, (context) => configureAgents(context, request));
  },
  render: agentSettings,
});
