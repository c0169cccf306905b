import { changes } from '../cli/oclif-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { labRequest, labFlags } from '../cli/lab-command.js';
import { drillPlanText, drillText } from '../cli/render/drill-text.js';
import { drills } from '../lab/drill-report.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { DrillPlan, DrillResult } from '../operations/lab/drill-lab.js';

const secondsFlag = (description: string, value: number) =>
  ({ type: 'integer', description, default: value, min: 1, value: 'SECONDS' }) as const;

export default changes({
  summary: 'hurt the lab on purpose, watch it heal, and report',
  description:
    'A fault hits one host (reboot-all: all of them) and ends again. The report tells how long it took to a new leader ' +
    'and until all tasks ran, and with --probe how many requests were lost; it is kept. Works on labs only. Ends with ' +
    'code 6 when the lab is not well afterwards.',
  examples: [
    '<%= config.bin %> drill kill-node',
    '<%= config.bin %> drill kill-leader --json',
    '<%= config.bin %> drill reboot-all --dry-run',
    "<%= config.bin %> drill partition --host agent1 --probe 'curl -sf http://localhost:8080'",
  ],
  args: { fault: { description: 'what happens', choices: [...drills], required: true } },
  flags: {
    file: labFlags.file,
    host: { type: 'string', description: 'the victim [default: the worker with the most tasks]', value: 'NAME' },
    probe: {
      type: 'string',
      description: 'command that asks a service, run all the time on a host that is not hit',
      value: 'COMMAND',
    },
    hold: secondsFlag('how long the fault may last; it ends once all has moved', 120),
    recover: secondsFlag('how long the lab may take to be well again', 300),
    quiet: quietFlag,
  },
  run: async (call): Promise<DrillResult | DrillPlan> => {
    const { args, flags } = call;
    const { drillLab } = await import('../operations/lab/drill-lab.js');
    const request = {
      ...(await labRequest(call, { file: flags.file })),
      drill: args.fault,
      host: flags.host,
      probe: flags.probe,
      holdMs: flags.hold * 1000,
      recoverMs: flags.recover * 1000,
      dryRun: flags['dry-run'],
    };
    const quiet = flags.quiet || flags['dry-run'];
    const options = { quiet, afterInterrupt: ['swarmup up starts what is still stopped'] };
    const result = await call.operate(options, (context) => drillLab(context, request));
    if ('dryRun' in result) call.print(drillPlanText(result));
    else {
      if (result.recoveredMs === null) call.exitWith(exitCodes.unhealthy);
      call.print(drillText(result));
    }
    return result;
  },
});
