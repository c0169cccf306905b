import { Args } from '@oclif/core';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { LabCommand, labFlags } from '../../cli/lab-command.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import type { SnapshotResult } from '../../operations/snapshot-lab.js';

export default class SnapshotRm extends LabCommand {
  static override summary = 'remove a snapshot of the lab; the lab itself stays as it is';
  static override examples = ['<%= config.bin %> snapshot rm before-upgrade'];
  static override args = { name: Args.string({ description: 'of the snapshot', required: true }) };
  static override flags = { file: labFlags.file, quiet: quietFlag };

  async run(): Promise<SnapshotResult> {
    const { args, flags } = await this.parse(SnapshotRm);
    const { removeLabSnapshot } = await import('../../operations/snapshot-lab.js');
    const request = { ...(await this.labRequest(flags)), name: args.name };
    const result = await this.operate({ quiet: flags.quiet }, (context) => removeLabSnapshot(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
