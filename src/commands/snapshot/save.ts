import { Args } from '@oclif/core';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { LabCommand, labFlags } from '../../cli/lab-command.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import type { SnapshotResult } from '../../operations/snapshot-lab.js';

export default class SnapshotSave extends LabCommand {
  static override summary = 'keep the whole lab as it is now';
  static override description = 'All hosts are stopped meanwhile, so that what is kept fits together.';
  static override examples = ['<%= config.bin %> snapshot save before-upgrade'];
  static override args = { name: Args.string({ description: 'of the snapshot', required: true }) };
  static override flags = { file: labFlags.file, quiet: quietFlag };

  async run(): Promise<SnapshotResult> {
    const { args, flags } = await this.parse(SnapshotSave);
    const { saveLab } = await import('../../operations/snapshot-lab.js');
    const request = { ...(await this.labRequest(flags)), name: args.name };
    const options = { quiet: flags.quiet, afterInterrupt: ['swarmup up starts what is still stopped'] };
    const result = await this.operate(options, (context) => saveLab(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
