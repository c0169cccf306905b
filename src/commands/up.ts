import { Flags } from '@oclif/core';
import { outcomeCode, quietFlag } from '../cli/hosts-command.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { dryRunFlag, yesFlag } from '../cli/swarm-flags.js';
import { labPlanText, lossText } from '../cli/render/lab-plan-text.js';
import { labUpText } from '../cli/render/lab-up-text.js';
import { isLoss, type LabPlan } from '../lab/lab-plan.js';
import type { OperationContext } from '../operations/access/context.js';
import type { UpResult } from '../operations/lab/up-lab.js';

export default class Up extends LabCommand {
  static override summary = 'make the lab what its swarmup.yaml says';
  static override description =
    'Run it again after every edit, and when it was interrupted. It asks when something is removed or replaced, drains ' +
    'hosts before they go, and touches none that it did not make for this lab.';
  static override examples = [
    '<%= config.bin %> up',
    '<%= config.bin %> up --yes',
    '<%= config.bin %> up --dry-run',
    '<%= config.bin %> up --driver-override docker',
  ];
  static override flags = {
    ...labFlags,
    yes: yesFlag,
    timeout: Flags.integer({
      description: 'seconds that services may take',
      default: 300,
      min: 1,
      helpValue: '<SECONDS>',
    }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<UpResult | LabPlan> {
    const { flags } = await this.parse(Up);
    const request = await this.labRequest(flags);
    if (flags['dry-run']) return this.showPlan(request);
    const { upLab } = await import('../operations/lab/up-lab.js');
    const options = { quiet: flags.quiet, afterInterrupt: ['swarmup up goes on from here'] };
    const result = await this.operate(options, (context) =>
      upLab(context, {
        ...request,
        timeoutMs: flags.timeout * 1000,
        approve: (plan) => this.approve(context, plan, flags),
      }),
    );
    this.exitWith(outcomeCode(result.outcomes));
    this.print(labUpText(this.io, result));
    return result;
  }

  private async approve(
    context: OperationContext,
    plan: LabPlan,
    { yes, quiet }: { readonly yes: boolean; readonly quiet: boolean },
  ): Promise<void> {
    if (!quiet && !this.jsonEnabled() && plan.changes.length > 0) this.io.say(labPlanText(this.io, plan, 'stderr'));
    if (yes || !plan.changes.some(isLoss)) return;
    await this.askFor(context, `This goes, with everything on it:\n${lossText(this.io, plan)}`, 'Go on?');
  }
}
