import { BaseCommand } from '../cli/base-command.js';
import { quietFlag } from '../cli/hosts-command.js';
import { rebalanceTable } from '../cli/render/rebalance-table.js';
import { dryRunFlag, serviceNames, swarmFlag } from '../cli/swarm-flags.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { RebalanceResult } from '../operations/agent/rebalance.js';

export default class Rebalance extends BaseCommand {
  static override summary = 'even services out over the nodes of a swarm, without a gap in service';
  static override description =
    'Extra tasks start on the emptiest nodes first; once they run, as many go from the fullest. The agent does the ' +
    'same by itself some time after a node has come back. Services with one replica, with an update that is under way ' +
    'or can still be rolled back, or marked swarmup.rebalance=never stay as they are.';
  static override examples = ['<%= config.bin %> rebalance --dry-run', '<%= config.bin %> rebalance web'];
  static override args = serviceNames;
  static override flags = { swarm: swarmFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<RebalanceResult> {
    const { args, flags } = await this.parse(Rebalance);
    const { rebalance } = await import('../operations/agent/rebalance.js');
    const request = { swarm: flags.swarm, services: args.service, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => rebalance(context, request));
    if (result.services.some(({ status }) => status === 'failed')) this.exitWith(exitCodes.partial);
    this.print(rebalanceTable(result));
    return result;
  }
}
