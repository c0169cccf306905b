import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { serviceName } from '../../cli/service-flags.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ServiceLogLine, ServiceLogsResult } from '../../operations/services/service-logs.js';

export default class ServiceLogs extends BaseCommand {
  static override summary = 'show what the tasks of a service wrote';
  static override description = 'With --follow and --json: a JSON object per line.';
  static override examples = ['<%= config.bin %> service logs web', '<%= config.bin %> service logs web -f --tail 0'];
  static override args = serviceName;
  static override flags = {
    swarm: swarmFlag,
    follow: Flags.boolean({ char: 'f', description: 'go on with each line as it comes, until Ctrl-C' }),
    tail: Flags.integer({ char: 'n', description: 'last lines of each task', min: 0, helpValue: '<N>' }),
    since: Flags.string({ description: 'only those of so long ago, as in 10m', helpValue: '<TIME>' }),
  };

  async run(): Promise<ServiceLogsResult | undefined> {
    const { args, flags } = await this.parse(ServiceLogs);
    const { serviceLogs } = await import('../../operations/services/service-logs.js');
    const { swarm, follow, tail, since } = flags;
    const request = { swarm, name: args.service, follow, tail, since };
    const options = { quiet: true, untilInterrupt: follow };
    const lines: ServiceLogLine[] = [];
    const show = (line: ServiceLogLine): void => {
      if (!this.jsonEnabled()) this.io.print(`${line.task}@${line.node}  ${line.line}\n`);
      else if (follow) this.io.print(`${JSON.stringify(line)}\n`);
      else lines.push(line);
    };
    await this.operate(options, (context) => serviceLogs(context, request, show));
    return follow ? undefined : { lines };
  }
}
