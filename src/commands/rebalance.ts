import { quietFlag, serviceNames, swarmFlag } from '../cli/swarm-flags.js';
import { changes } from '../cli/oclif-command.js';
import { rebalanceTable } from '../cli/render/rebalance-table.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { RebalanceResult } from '../operations/agent/rebalance.js';

export default changes({
  summary: 'even services out over the nodes of a swarm, without a gap in service',
  description:
    'Extra tasks start on the emptiest nodes first; once they run, as many go from the fullest. The agent does the ' +
    'same by itself some time after a node has come back. Services with one replica, with an update that is under way ' +
    'or can still be rolled back, or marked swarmup.rebalance=never stay as they are.',
  examples: ['<%= config.bin %> rebalance --dry-run', '<%= config.bin %> rebalance web'],
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
