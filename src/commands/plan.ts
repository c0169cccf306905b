import { swarmup } from '../lib/typed-command.js';
import { shows } from '../cli/oclif-command.js';
import { showPlan, labRequest, labFlags } from '../cli/lab-command.js';
import { isChange, type LabPlan } from '../lab/lab-plan.js';
import { exitCodes } from '../lib/exit-codes.js';

export default shows({
  summary: 'show what up would change, and change nothing',
  description: 'With --detailed-exitcode, the command exits with code 7 if there are changes to make.',
  examples: [swarmup`plan`, swarmup`plan --detailed-exitcode --json`, swarmup`plan --driver-override docker`],
  flags: {
    ...labFlags,
    'detailed-exitcode': { type: 'boolean', description: 'exit with code 7 if there are changes to make' },
  },
  run: async (call): Promise<LabPlan> => {
    const { flags } = call;
    const plan = await showPlan(call, await labRequest(call, flags));
    if (flags['detailed-exitcode'] && plan.changes.some(isChange)) call.exitWith(exitCodes.changes);
    return plan;
  },
});
