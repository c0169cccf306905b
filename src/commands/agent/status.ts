import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { agentReport } from '../../cli/render/agent-report.js';
import { managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { AgentStatusResult } from '../../operations/agent/agent-statuses.js';

export default shows({
  summary: "show the state of a swarm's agents and the problems that they found",
  description: 'The command exits with code 6 if no agent leads.',
  examples: [swarmup`agent status`, swarmup`agent status --json`],
  args: managerNames,
  flags: { swarm: swarmFlag },
  run: async ({ args, flags, operate, exitWith, print, io }): Promise<AgentStatusResult> => {
    const { agentStatuses } = await import('../../operations/agent/agent-statuses.js');
    const request = { swarm: flags.swarm, names: args.name };
    const result = await operate({ quiet: true }, (context) => agentStatuses(context, request));
    if (args.name.length === 0 && result.leader === null) exitWith(exitCodes.unhealthy);
    print(agentReport(io, result));
    return result;
  },
});
