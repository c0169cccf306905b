import { BaseCommand } from '../../cli/base-command.js';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import { dryRunFlag, managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { HostsResult } from '../../operations/access/results.js';

export default class AgentInstall extends BaseCommand {
  static override summary = 'install the agent on the managers of a swarm, or bring it up to date';
  static override description =
    'create does it for new managers, unless told --no-agent. The agent runs on Node.js 18 or newer: the one of the ' +
    "host, else its distribution's package, else a copy of the one that runs swarmup.";
  static override examples = ['<%= config.bin %> agent install', '<%= config.bin %> agent install m2 --dry-run'];
  static override args = managerNames;
  static override flags = { swarm: swarmFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(AgentInstall);
    const { installAgents } = await import('../../operations/agent/install-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => installAgents(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
