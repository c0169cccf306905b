import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { changeableFlags, engineChange } from '../cli/engine-flags.js';
import { nearestManifest } from '../cli/find-manifest.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { labRequest, labFlags, trustFlag } from '../cli/lab-command.js';
import { usageError } from '../lib/errors.js';

export default changes({
  summary: 'install and configure Docker on hosts again, as create does',
  description:
    'A host that is already correct is left as it is. An engine restarts only if one of its settings changes. ' +
    'The settings that you name replace those that the host was made with, and all others stay. Without a name, ' +
    'in the folder of a swarmup.yaml, the command works on the hosts of the lab and also sets their labels, ' +
    'files and scripts.',
  examples: [
    swarmup`provision agent1`,
    swarmup`provision --dry-run agent1`,
    swarmup`provision --engine-env HTTPS_PROXY=http://proxy:3128 agent1`,
  ],
  args: {
    name: { description: 'hosts [default: the hosts of the lab, else the host default]', many: true, names: 'hosts' },
  },
  flags: {
    file: labFlags.file,
    trust: trustFlag,
    ...changeableFlags,
    quiet: quietFlag,
  },
  run: async (call) => {
    const { args, flags } = call;
    const dryRun = flags['dry-run'];
    const isLab = args.name.length === 0 && (flags.file ?? nearestManifest(call.io.cwd)) !== undefined;
    const names = args.name.length === 0 ? ['default'] : [...new Set(args.name)];
    const change = engineChange(flags);
    if (isLab && change !== undefined)
      throw usageError(
        'USAGE',
        'the engine settings of a lab come from its swarmup.yaml',
        `change the settings there, then run: ${swarmup`up`}`,
        'or name a host that does not belong to the lab',
      );
    if (!isLab && flags.trust)
      throw usageError('USAGE', '--trust is about the commands in a swarmup.yaml, and this command works without one');
    const lab = isLab ? await labRequest(call, flags) : undefined;
    const { provisionHosts } = await import('../operations/hosts/provision-hosts.js');
    const { provisionLab } = await import('../operations/lab/provision-lab.js');
    return call.operate({ quiet: flags.quiet }, (context) =>
      lab === undefined
        ? provisionHosts(context, { names, dryRun, ...(change !== undefined && { change }) })
        : provisionLab(context, { ...lab, dryRun }),
    );
  },
  ...hostOutcomes,
});
