import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { swarmStatusText } from '../../cli/render/swarm-status.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SwarmStatusResult } from '../../operations/health/status-node.js';

export default shows({
  summary: 'show the health of a swarm and how to fix its problems',
  description:
    'The report covers managers and how many of them may fail, nodes, versions, certificates, autolock, address ' +
    'pools and tasks that do not run. The command exits with code 6 if the swarm is not healthy, so that scripts ' +
    'can wait or stop.',
  examples: [swarmup`swarm status`, swarmup`swarm status --swarm production --json`],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate, exitWith, print, io }): Promise<SwarmStatusResult> => {
    const { swarmStatus } = await import('../../operations/health/swarm-status.js');
    const result = await operate({ quiet: true }, (context) => swarmStatus(context, flags.swarm));
    if (!result.healthy) exitWith(exitCodes.unhealthy);
    print(swarmStatusText(io, result));
    return result;
  },
});
