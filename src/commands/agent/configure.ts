import { swarmup } from '../../lib/typed-command.js';
import { changes } from '../../cli/oclif-command.js';
import { boundFlag, boundOf } from '../../cli/bound-flag.js';
import { agentSettings } from '../../cli/render/agent-settings.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default changes({
  summary: "show or change the automatic actions of a swarm's agents",
  description:
    'If a manager is down for longer than --promote-after, the agent promotes a worker with the node label ' +
    'swarmup.promotable=true in its place. The agent never exceeds the number of managers in --managers, and ' +
    'never acts without a quorum. The replacement is off by default.',
  examples: [
    swarmup`agent configure`,
    swarmup`agent configure --promote-after 300 --managers 3`,
    swarmup`agent configure --no-rebalance --promote-after none`,
  ],
  flags: {
    swarm: swarmFlag,
    rebalance: { type: 'boolean', description: 'rebalance services when a node joins or returns', negatable: true },
    'promote-after': boundFlag('seconds until a manager that is down is replaced; none turns this off'),
    managers: { type: 'integer', description: 'number of managers to keep (odd)', min: 1, max: 9, value: 'N' },
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
