import { BaseCommand } from '../../cli/base-command.js';
import { agentReport } from '../../cli/render/agent-report.js';
import { managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { AgentStatusResult } from '../../operations/agent/agent-statuses.js';

export default class AgentStatusCommand extends BaseCommand {
  static override summary = 'show how the agents of a swarm are, and what they find wrong';
  static override description = 'Ends with exit code 6 when no agent leads.';
  static override examples = ['<%= config.bin %> agent status', '<%= config.bin %> agent status --json'];
  static override args = managerNames;
  static override flags = { swarm: swarmFlag };

  async run(): Promise<AgentStatusResult> {
    const { args, flags } = await this.parse(AgentStatusCommand);
    const { agentStatuses } = await import('../../operations/agent/agent-statuses.js');
    const request = { swarm: flags.swarm, names: args.name };
    const result = await this.operate({ quiet: true }, (context) => agentStatuses(context, request));
    if (args.name.length === 0 && result.leader === null) this.exitWith(exitCodes.unhealthy);
    this.print(agentReport(this.io, result));
    return result;
  }
}
