import { Args, Flags } from '@oclif/core';
import { quietFlag } from '../cli/hosts-command.js';
import { LabCommand, labFlags } from '../cli/lab-command.js';
import { drillPlanText, drillText } from '../cli/render/drill-text.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import { type DrillName, drills } from '../lab/drill-report.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { DrillPlan, DrillResult } from '../operations/lab/drill-lab.js';

const secondsFlag = (description: string, value: number) =>
  Flags.integer({ description, default: value, min: 1, helpValue: '<SECONDS>' });

export default class Drill extends LabCommand {
  static override summary = 'hurt the lab on purpose, watch it heal, and report';
  static override description =
    'A fault hits one host (reboot-all: all of them) and ends again. The report tells how long it took to a new leader ' +
    'and until all tasks ran, and with --probe how many requests were lost; it is kept. Works on labs only. Ends with ' +
    'code 6 when the lab is not well afterwards.';
  static override examples = [
    '<%= config.bin %> drill kill-node',
    '<%= config.bin %> drill kill-leader --json',
    '<%= config.bin %> drill reboot-all --dry-run',
    "<%= config.bin %> drill partition --host agent1 --probe 'curl -sf http://localhost:8080'",
  ];
  static override args = { fault: Args.string({ description: 'what happens', options: [...drills], required: true }) };
  static override flags = {
    file: labFlags.file,
    host: Flags.string({ description: 'the victim [default: the worker with the most tasks]', helpValue: '<NAME>' }),
    probe: Flags.string({
      description: 'command that asks a service, run all the time on a host that is not hit',
      helpValue: '<COMMAND>',
    }),
    hold: secondsFlag('how long the fault may last; it ends once all has moved', 120),
    recover: secondsFlag('how long the lab may take to be well again', 300),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<DrillResult | DrillPlan> {
    const { args, flags } = await this.parse(Drill);
    const { drillLab } = await import('../operations/lab/drill-lab.js');
    const request = {
      ...(await this.labRequest({ file: flags.file })),
      drill: args.fault as DrillName,
      host: flags.host,
      probe: flags.probe,
      holdMs: flags.hold * 1000,
      recoverMs: flags.recover * 1000,
      dryRun: flags['dry-run'],
    };
    const quiet = flags.quiet || flags['dry-run'];
    const options = { quiet, afterInterrupt: ['swarmup up starts what is still stopped'] };
    const result = await this.operate(options, (context) => drillLab(context, request));
    if ('dryRun' in result) this.print(drillPlanText(result));
    else {
      if (result.recoveredMs === null) this.exitWith(exitCodes.unhealthy);
      this.print(drillText(result));
    }
    return result;
  }
}
