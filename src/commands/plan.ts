import { Flags } from '@oclif/core';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { isChange, type LabPlan } from '../lab/lab-plan.js';
import { exitCodes } from '../lib/exit-codes.js';

export default class Plan extends LabCommand {
  static override summary = 'show what `up` would change; changes nothing';
  static override description = 'With --detailed-exitcode it ends with code 7 when something would be changed.';
  static override examples = [
    '<%= config.bin %> plan',
    '<%= config.bin %> plan --detailed-exitcode --json',
    '<%= config.bin %> plan --driver-override docker',
  ];
  static override flags = {
    ...labFlags,
    'detailed-exitcode': Flags.boolean({ description: 'end with code 7 when something would be changed' }),
  };

  async run(): Promise<LabPlan> {
    const { flags } = await this.parse(Plan);
    const plan = await this.showPlan(await this.labRequest(flags));
    if (flags['detailed-exitcode'] && plan.changes.some(isChange)) this.exitWith(exitCodes.changes);
    return plan;
  }
}
