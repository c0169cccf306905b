import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { labRequest, labFlags, trustFlag } from '../cli/lab-command.js';

export default changes({
  summary: 'restart the hosts of the lab and run their start-up scripts',
  description: 'Managers restart one after another, so that the swarm keeps its quorum if possible.',
  examples: [swarmup`reload`],
  flags: { file: labFlags.file, trust: trustFlag, quiet: quietFlag },
  run: async (call) => {
    const { flags } = call;
    const { reloadLab } = await import('../operations/lab/provision-lab.js');
    const request = { ...(await labRequest(call, flags)), dryRun: flags['dry-run'] };
    return call.operate({ quiet: flags.quiet }, (context) => reloadLab(context, request));
  },
  ...hostOutcomes,
});
