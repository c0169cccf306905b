import { swarmup } from '../../lib/typed-command.js';
import { shows } from '../../cli/oclif-command.js';
import { serviceName } from '../../cli/service-flags.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ServiceLogLine, ServiceLogsResult } from '../../operations/services/service-logs.js';

export default shows({
  summary: 'show the logs of a service',
  description: 'With --follow and --json, each line is a JSON object.',
  examples: [swarmup`service logs web`, swarmup`service logs web -f --tail 0`],
  args: serviceName,
  flags: {
    swarm: swarmFlag,
    follow: { type: 'boolean', char: 'f', description: 'print new lines as they arrive, until Ctrl-C' },
    tail: {
      type: 'integer',
      char: 'n',
      description: "number of lines to show from the end of each task's log",
      min: 0,
      value: 'N',
    },
    since: { type: 'string', description: 'show only lines that are newer than this, for example 10m', value: 'TIME' },
  },
  run: async ({ args, flags, json, io, operate }): Promise<ServiceLogsResult | undefined> => {
    const { serviceLogs } = await import('../../operations/services/service-logs.js');
    const { swarm, follow, tail, since } = flags;
    const request = { swarm, name: args.service, follow, tail, since };
    const options = { quiet: true, untilInterrupt: follow };
    const lines: ServiceLogLine[] = [];
    const show = (line: ServiceLogLine): void => {
      if (!json) io.print(`${line.task}@${line.node}  ${line.line}\n`);
      else if (follow) io.print(`${JSON.stringify(line)}\n`);
      else lines.push(line);
    };
    await operate(options, (context) => serviceLogs(context, request, show));
    return follow ? undefined : { lines };
  },
});
