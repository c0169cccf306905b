import { BaseCommand } from '../cli/base-command.js';
import { HostsCommand, outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { HostsResult } from '../operations/results.js';

export default class Provision extends BaseCommand {
  static override summary = 'do again on hosts what create does there: Docker, its settings, its certificate';
  static override description =
    'A host that is as it should be is left alone; its engine is restarted only where a setting changed.';
  static override examples = ['<%= config.bin %> provision agent1', '<%= config.bin %> provision --dry-run agent1'];
  static override args = HostsCommand.args;
  static override flags = { 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(Provision);
    const { provisionHosts } = await import('../operations/provision-hosts.js');
    const request = { names: [...new Set(args.name)], dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => provisionHosts(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
