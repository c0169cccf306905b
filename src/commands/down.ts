import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { labRequest, labFlags } from '../cli/lab-command.js';

export default changes({
  summary: 'stop the hosts of the lab and keep everything on them',
  description: 'up starts the hosts again, with the same addresses, certificates and nodes.',
  examples: [swarmup`down`],
  flags: { file: labFlags.file, quiet: quietFlag },
  run: async (call) => {
    const { flags } = call;
    const { downLab } = await import('../operations/lab/end-lab.js');
    const request = { ...(await labRequest(call, flags)), dryRun: flags['dry-run'] };
    const options = { quiet: flags.quiet, afterInterrupt: [`${swarmup`down`} continues where this run stopped`] };
    return call.operate(options, (context) => downLab(context, request));
  },
  ...hostOutcomes,
});
