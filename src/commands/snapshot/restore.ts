import { Args } from '@oclif/core';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { LabCommand, labFlags, yesFlag } from '../../cli/lab-command.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import type { SnapshotResult } from '../../operations/snapshot-lab.js';

export default class SnapshotRestore extends LabCommand {
  static override summary = 'make the whole lab what it was, and wait until its nodes are Ready';
  static override description = 'What happened on its hosts since then is lost.';
  static override examples = ['<%= config.bin %> snapshot restore before-upgrade --yes'];
  static override args = { name: Args.string({ description: 'of the snapshot', required: true }) };
  static override flags = { file: labFlags.file, yes: yesFlag, quiet: quietFlag };

  async run(): Promise<SnapshotResult> {
    const { args, flags } = await this.parse(SnapshotRestore);
    const { restoreLab } = await import('../../operations/snapshot-lab.js');
    const request = { ...(await this.labRequest(flags)), name: args.name };
    const options = { quiet: flags.quiet, afterInterrupt: [`swarmup snapshot restore ${args.name} goes on from here`] };
    const result = await this.operate(options, async (context) => {
      const text = `What happened on the lab since ${args.name} is lost.\n`;
      if (!flags.yes) await this.askFor(context, text, 'Restore?');
      return restoreLab(context, request);
    });
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
