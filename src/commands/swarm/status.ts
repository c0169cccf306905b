import { shows } from '../../cli/oclif-command.js';
import { swarmStatusText } from '../../cli/render/swarm-status.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SwarmStatusResult } from '../../operations/health/status-node.js';

export default shows({
  summary: 'show the health of a swarm on one screen, and what to do about it',
  description:
    'Managers and how many may fail, nodes, versions, certificates, autolock, address pools, tasks that do not run. ' +
    'Ends with code 6 when the swarm is not healthy, so that scripts can wait for it or stop at it.',
  examples: ['<%= config.bin %> swarm status', '<%= config.bin %> swarm status --swarm production --json'],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate, exitWith, print, io }): Promise<SwarmStatusResult> => {
    const { swarmStatus } = await import('../../operations/health/swarm-status.js');
    const result = await operate({ quiet: true }, (context) => swarmStatus(context, flags.swarm));
    if (!result.healthy) exitWith(exitCodes.unhealthy);
    print(swarmStatusText(io, result));
    return result;
  },
});
