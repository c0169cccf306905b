import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Reload extends LabCommand {
  static override summary = 'restart the hosts of the lab, and do what is due at every start';
  static override description = 'Managers go one after another, so that the swarm keeps its quorum where it can.';
  static override examples = ['<%= config.bin %> reload'];
  static override flags = { file: labFlags.file, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<HostsResult> {
    const { flags } = await this.parse(Reload);
    const { reloadLab } = await import('../operations/lab/provision-lab.js');
    const request = { ...(await this.labRequest(flags)), dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => reloadLab(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
