import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { AgentLogsResult } from '../../operations/agent/agent-logs.js';

export default shows({
  summary: "show the logs of a swarm's agents",
  description: 'With --follow and --json, each line is a JSON object {"host", "line"}.',
  examples: [swarmup`agent logs m1`, swarmup`agent logs --follow --tail 0`],
  args: managerNames,
  flags: {
    swarm: swarmFlag,
    follow: { type: 'boolean', char: 'f', description: 'print new lines as they arrive, until Ctrl-C' },
    tail: {
      type: 'integer',
      char: 'n',
      description: "number of lines to show from the end of each host's log",
      default: 100,
      min: 0,
      value: 'N',
    },
  },
  run: async ({ args, flags, io, json, operate, print }): Promise<AgentLogsResult | undefined> => {
    const { agentLogs, followAgentLogs } = await import('../../operations/agent/agent-logs.js');
    const request = { swarm: flags.swarm, names: args.name, tail: flags.tail };
    if (flags.follow) {
      const show = (host: string, line: string): void => {
        io.print(json ? `${JSON.stringify({ host, line })}\n` : `${host}  ${line}\n`);
      };
      const options = { quiet: true, untilInterrupt: true };
      await operate(options, (context) => followAgentLogs(context, request, show));
      return undefined;
    }
    const result = await operate({ quiet: true }, (context) => agentLogs(context, request));
    for (const { name, lines, error } of result.hosts) {
      if (error !== undefined) io.say(`Warning: ${name}: ${error.message}\n`);
      print(lines.map((line) => `${name}  ${line}\n`).join(''));
    }
    return result;
  },
});
