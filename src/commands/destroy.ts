import { Flags } from '@oclif/core';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { outcomeLines } from '../cli/render/outcome-lines.js';
import { dryRunFlag, yesFlag } from '../cli/swarm-flags.js';
import type { LabHostsResult } from '../operations/lab/end-lab.js';

export default class Destroy extends LabCommand {
  static override summary = 'remove all hosts of the lab, with everything on them';
  static override description = 'A lab with `protect: true` refuses. Hosts that were not made for the lab stay.';
  static override examples = ['<%= config.bin %> destroy', '<%= config.bin %> destroy --yes'];
  static override flags = {
    file: labFlags.file,
    yes: yesFlag,
    force: Flags.boolean({ description: 'also hosts that do not answer' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<LabHostsResult> {
    const { flags } = await this.parse(Destroy);
    const { destroyLab } = await import('../operations/lab/end-lab.js');
    const request = await this.labRequest(flags);
    const options = { quiet: flags.quiet, afterInterrupt: ['swarmup destroy goes on from here'] };
    const result = await this.operate(options, (context) =>
      destroyLab(context, {
        ...request,
        force: flags.force,
        dryRun: flags['dry-run'],
        approve: async (lines) => {
          if (flags.yes) return;
          await this.askFor(context, lines.map((line) => `${line}\n`).join(''), 'Remove with everything on it?');
        },
      }),
    );
    this.exitWith(outcomeCode(result.hosts));
    const nothing = `Lab ${result.lab} has no hosts.\n`;
    this.print(result.hosts.length === 0 ? nothing : outcomeLines(this.io, result.hosts));
    return result;
  }
}
