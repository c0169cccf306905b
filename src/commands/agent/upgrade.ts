import { BaseCommand } from '../../cli/base-command.js';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import { dryRunFlag, managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { HostsResult } from '../../operations/access/results.js';

export default class AgentUpgrade extends BaseCommand {
  static override summary = 'bring installed agents to the version of this swarmup';
  static override description =
    'One manager after another, the leader last. Managers without an agent are left alone: agent install adds it.';
  static override examples = ['<%= config.bin %> agent upgrade', '<%= config.bin %> agent upgrade --dry-run'];
  static override args = managerNames;
  static override flags = { swarm: swarmFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(AgentUpgrade);
    const { upgradeAgents } = await import('../../operations/agent/install-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => upgradeAgents(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
