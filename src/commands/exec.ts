import { Flags } from '@oclif/core';
import { execCode, execSummary } from '../cli/render/exec-summary.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { SelectionCommand, selectionArgs, selectionFlags } from '../cli/select-hosts.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import { usageError } from '../lib/errors.js';
import type { ExecResult } from '../operations/hosts/exec-hosts.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Exec extends SelectionCommand {
  static override strict = false;
  static override summary = 'run a command on the hosts of the lab, all at once';
  static override description =
    'Put -- before the command; its words are joined by spaces and read by the shell of each host, as ssh does. Ends ' +
    'with the code of the command when there is one host, else with 4 when it failed on some.';
  static override usage = 'exec [NAME...] [--role ROLE] [--pool POOL] -- COMMAND...';
  static override examples = [
    '<%= config.bin %> exec -- docker ps',
    '<%= config.bin %> exec --role worker -- uptime',
    '<%= config.bin %> exec --dry-run --pool workers -- reboot',
    "<%= config.bin %> exec manager agent1 -- 'df -h / | tail -n 1'",
  ];
  static override args = selectionArgs;
  static override flags = {
    ...selectionFlags,
    'dry-run': dryRunFlag,
    timeout: Flags.integer({ description: 'seconds it may take', default: 3600, min: 1, helpValue: '<SECONDS>' }),
  };

  async run(): Promise<ExecResult | HostsResult> {
    const dashes = this.argv.indexOf('--');
    const command = dashes === -1 ? '' : this.argv.slice(dashes + 1).join(' ');
    if (command === '') throw usageError('USAGE', 'exec takes a command after --', 'swarmup exec -- docker ps');
    const { args, flags } = await this.parse(Exec, this.argv.slice(0, dashes));
    const { execHosts } = await import('../operations/hosts/exec-hosts.js');
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const selection = await this.selection(args.name, flags);
    if (flags['dry-run']) {
      const hosts = await this.operate({ quiet: true }, (context) => selectHosts(context, selection));
      const planned = { hosts: hosts.map(({ name }) => ({ name, status: 'would-run' as const })) };
      this.print(outcomeLines(this.io, planned.hosts));
      return planned;
    }
    const result = await this.operate({ quiet: true }, async (context) => {
      const hosts = await selectHosts(context, selection);
      const show = this.prefixed(hosts.map(({ name }) => name));
      return execHosts(context, { hosts, command, timeoutMs: flags.timeout * 1000 }, show);
    });
    this.exitWith(execCode(result));
    if (!this.jsonEnabled()) this.io.say(execSummary(this.io, result));
    return result;
  }
}
