import { swarmup } from '../lib/typed-command.js';
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
  summary: 'cause a fault in the lab, watch the lab recover, and report',
  description:
    'A fault affects one host (reboot-all affects all hosts) and then ends. The report shows how long it took ' +
    'until there was a new leader and until all tasks ran; with --probe, it also shows how many requests failed. ' +
    'swarmup keeps the report. The command works only on labs, and exits with code 6 if the lab has not ' +
    'recovered.',
  examples: [
    swarmup`drill kill-node`,
    swarmup`drill kill-leader --json`,
    swarmup`drill reboot-all --dry-run`,
    swarmup`drill partition --host agent1 --probe 'curl -sf http://localhost:8080'`,
  ],
  args: { fault: { description: 'fault to cause', choices: [...drills], required: true } },
  flags: {
    file: labFlags.file,
    host: {
      type: 'string',
      description: 'host to hit [default: the worker with the most tasks]',
      value: 'NAME',
      names: 'hosts',
    },
    probe: {
      type: 'string',
      description: 'command that queries a service; it runs repeatedly on a host without a fault',
      value: 'COMMAND',
    },
    hold: secondsFlag('longest time that the fault lasts; it ends earlier if all tasks have moved', 120),
    recover: secondsFlag('longest time to wait until the lab has recovered', 300),
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
    const options = { quiet, afterInterrupt: [`${swarmup`up`} starts the hosts that are still stopped`] };
    const result = await call.operate(options, (context) => drillLab(context, request));
    if ('dryRun' in result) call.print(drillPlanText(result));
    else {
      if (result.recoveredMs === null) call.exitWith(exitCodes.unhealthy);
      call.print(drillText(result));
    }
    return result;
  },
});
