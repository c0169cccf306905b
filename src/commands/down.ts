import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { LabHostsResult } from '../operations/lab/end-lab.js';

export default class Down extends LabCommand {
  static override summary = 'stop the hosts of the lab; everything on them is kept';
  static override description = '`up` starts them again, with the same addresses, certificates and nodes.';
  static override examples = ['<%= config.bin %> down'];
  static override flags = { file: labFlags.file, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<LabHostsResult> {
    const { flags } = await this.parse(Down);
    const { downLab } = await import('../operations/lab/end-lab.js');
    const request = { ...(await this.labRequest(flags)), dryRun: flags['dry-run'] };
    const options = { quiet: flags.quiet, afterInterrupt: ['swarmup down goes on from here'] };
    const result = await this.operate(options, (context) => downLab(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
