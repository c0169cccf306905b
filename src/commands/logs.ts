import { Flags } from '@oclif/core';
import { execCode } from '../cli/render/exec-summary.js';
import { SelectionCommand, selectionArgs, selectionFlags } from '../cli/select-hosts.js';
import type { ExecResult } from '../operations/hosts/exec-hosts.js';

export default class Logs extends SelectionCommand {
  static override summary = 'show what Docker and the agent wrote on the hosts of the lab';
  static override description = 'What services wrote: swarmup service logs.';
  static override examples = [
    '<%= config.bin %> logs',
    '<%= config.bin %> logs agent1 -n 100',
    '<%= config.bin %> logs --role manager --follow',
  ];
  static override args = selectionArgs;
  static override flags = {
    ...selectionFlags,
    follow: Flags.boolean({ char: 'f', description: 'go on with each line as it comes, until Ctrl-C' }),
    tail: Flags.integer({ char: 'n', description: 'last lines of each host', default: 20, min: 0, helpValue: '<N>' }),
    unit: Flags.string({
      description: 'units of systemd (can be repeated)',
      multiple: true,
      multipleNonGreedy: true,
      default: ['docker', 'swarmup-agent'],
      helpValue: '<UNIT>',
    }),
  };

  async run(): Promise<ExecResult | undefined> {
    const { args, flags } = await this.parse(Logs);
    const { execHosts } = await import('../operations/hosts/exec-hosts.js');
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const { journalCommand } = await import('../operations/access/journal-command.js');
    const command = journalCommand({ units: flags.unit, tail: flags.tail, follow: flags.follow });
    const selection = await this.selection(args.name, flags);
    const options = { quiet: true, untilInterrupt: flags.follow };
    const result = await this.operate(options, async (context) => {
      const hosts = await selectHosts(context, selection);
      const timeoutMs = flags.follow ? 7 * 24 * 3_600_000 : 60_000;
      return execHosts(context, { hosts, command, timeoutMs }, this.prefixed(hosts.map(({ name }) => name)));
    });
    if (flags.follow) return undefined;
    this.exitWith(execCode(result));
    return result;
  }
}
