import { swarmup } from '../lib/typed-command.js';
import { quietFlag, serviceNames, swarmFlag } from '../cli/swarm-flags.js';
import { changes } from '../cli/oclif-command.js';
import { rebalanceTable } from '../cli/render/rebalance-table.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { RebalanceResult } from '../operations/agent/rebalance.js';

export default changes({
  summary: 'spread services evenly over the nodes of a swarm, without downtime',
  description:
    'Additional tasks first start on the nodes with the fewest tasks; when they run, the same number of tasks ' +
    'stops on the nodes with the most. The agent does the same some time after a node has come back. A service ' +
    'is not moved if it has one replica, if an update is in progress or can still be rolled back, or if it has ' +
    'the label swarmup.rebalance=never.',
  examples: [swarmup`rebalance --dry-run`, swarmup`rebalance web`],
  args: serviceNames,
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate, exitWith, print }): Promise<RebalanceResult> => {
    const { rebalance } = await import('../operations/agent/rebalance.js');
    const request = { swarm: flags.swarm, services: args.service, dryRun: flags['dry-run'] };
    const result = await operate({ quiet: flags.quiet }, (context) => rebalance(context, request));
    if (result.services.some(({ status }) => status === 'failed')) exitWith(exitCodes.partial);
    print(rebalanceTable(result));
    return result;
  },
});
