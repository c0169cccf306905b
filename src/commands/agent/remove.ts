import { BaseCommand } from '../../cli/base-command.js';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { listArg } from '../../cli/list-arg.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { HostsResult } from '../../operations/access/results.js';

export default class AgentRemove extends BaseCommand {
  static override summary = 'take the agent off the hosts of a swarm';
  static override description =
    'What was declared stays in the swarm, but nothing holds it any more. Without names the swarm is to be without the ' +
    'agent: create leaves it out, too, until agent install is run.';
  static override examples = ['<%= config.bin %> agent remove', '<%= config.bin %> agent remove m3'];
  static override args = {
    name: listArg('hosts [default: all hosts of the swarm]'),
  };
  static override flags = { swarm: swarmFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(AgentRemove);
    const { removeAgents } = await import('../../operations/agent/remove-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => removeAgents(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
