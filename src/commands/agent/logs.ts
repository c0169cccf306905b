import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { AgentLogsResult } from '../../operations/agent/agent-logs.js';

export default class AgentLogs extends BaseCommand {
  static override summary = 'show what the agents of a swarm wrote into their journals';
  static override description = 'With --follow and --json: a JSON object per line, {"host", "line"}.';
  static override examples = ['<%= config.bin %> agent logs m1', '<%= config.bin %> agent logs --follow --tail 0'];
  static override args = managerNames;
  static override flags = {
    swarm: swarmFlag,
    follow: Flags.boolean({ char: 'f', description: 'go on with each line as it comes, until Ctrl-C' }),
    tail: Flags.integer({ char: 'n', description: 'last lines of each host', default: 100, min: 0, helpValue: '<N>' }),
  };

  async run(): Promise<AgentLogsResult | undefined> {
    const { args, flags } = await this.parse(AgentLogs);
    const { agentLogs, followAgentLogs } = await import('../../operations/agent/agent-logs.js');
    const request = { swarm: flags.swarm, names: args.name, tail: flags.tail };
    if (flags.follow) {
      const show = (host: string, line: string): void => {
        this.io.print(this.jsonEnabled() ? `${JSON.stringify({ host, line })}\n` : `${host}  ${line}\n`);
      };
      const options = { quiet: true, untilInterrupt: true };
      await this.operate(options, (context) => followAgentLogs(context, request, show));
      return undefined;
    }
    const result = await this.operate({ quiet: true }, (context) => agentLogs(context, request));
    for (const { name, lines, error } of result.hosts) {
      if (error !== undefined) this.io.say(`Warning: ${name}: ${error.message}\n`);
      this.print(lines.map((line) => `${name}  ${line}\n`).join(''));
    }
    return result;
  }
}
