import { BaseCommand } from '../../cli/base-command.js';
import { swarmStatusText } from '../../cli/render/swarm-status.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SwarmStatusResult } from '../../operations/health/status-node.js';

export default class SwarmStatus extends BaseCommand {
  static override summary = 'show the health of a swarm on one screen, and what to do about it';
  static override description =
    'Managers and how many may fail, nodes, versions, certificates, autolock, address pools, tasks that do not run. ' +
    'Ends with code 6 when the swarm is not healthy, so that scripts can wait for it or stop at it.';
  static override examples = [
    '<%= config.bin %> swarm status',
    '<%= config.bin %> swarm status --swarm production --json',
  ];
  static override flags = { swarm: swarmFlag };

  async run(): Promise<SwarmStatusResult> {
    const { flags } = await this.parse(SwarmStatus);
    const { swarmStatus } = await import('../../operations/health/swarm-status.js');
    const result = await this.operate({ quiet: true }, (context) => swarmStatus(context, flags.swarm));
    if (!result.healthy) this.exitWith(exitCodes.unhealthy);
    this.print(swarmStatusText(this.io, result));
    return result;
  }
}
