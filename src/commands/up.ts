import { swarmup } from '../lib/typed-command.js';
import { exitCodes } from '../lib/exit-codes.js';
import { destroys } from '../cli/oclif-command.js';
import type { CommandTools } from '../cli/command.js';
import { outcomeCode } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { askFor, showPlan, labRequest, labFlags, trustFlag } from '../cli/lab-command.js';
import { labPlanText, lossText } from '../cli/render/lab-plan-text.js';
import { labUpText } from '../cli/render/lab-up-text.js';
import { isLoss, type LabPlan } from '../lab/lab-plan.js';
import type { OperationContext } from '../operations/access/context.js';

export default destroys({
  summary: 'create or change the lab to match its swarmup.yaml',
  description:
    'Run the command again after every edit and after an interruption. It asks before it removes or replaces ' +
    'anything, drains hosts before it removes them, and never touches a host that it did not make for this lab.',
  examples: [swarmup`up`, swarmup`up --yes`, swarmup`up --dry-run`, swarmup`up --driver-override docker`],
  flags: {
    ...labFlags,
    trust: trustFlag,
    timeout: {
      type: 'integer',
      description: 'longest time to wait for services, in seconds',
      default: 300,
      min: 1,
      value: 'SECONDS',
    },
    quiet: quietFlag,
  },
  run: async (call) => {
    const { flags } = call;
    const request = await labRequest(call, flags);
    if (flags['dry-run']) return showPlan(call, request);
    const { upLab } = await import('../operations/lab/up-lab.js');
    const options = { quiet: flags.quiet, afterInterrupt: [`${swarmup`up`} continues where this run stopped`] };
    return call.operate(options, (context) =>
      upLab(context, {
        ...request,
        timeoutMs: flags.timeout * 1000,
        approve: (plan) => approve(call, context, plan, flags),
      }),
    );
  },
  exitCode: (result) => ('outcomes' in result ? outcomeCode(result.outcomes) : exitCodes.ok),
  // A dry run has shown its plan.
  render: (result, { io }) => ('outcomes' in result ? labUpText(io, result) : ''),
});

async function approve(
  call: CommandTools,
  context: OperationContext,
  plan: LabPlan,
  { yes, quiet }: { readonly yes: boolean; readonly quiet: boolean },
): Promise<void> {
  if (!quiet && !call.json && plan.changes.length > 0) call.io.say(labPlanText(call.io, plan, 'stderr'));
  if (yes || !plan.changes.some(isLoss)) return;
  await askFor(call, context, `This will be removed, with everything on it:\n${lossText(call.io, plan)}`, 'Go on?');
}
