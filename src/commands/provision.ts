import { changes } from '../cli/oclif-command.js';
import { changeableFlags, engineChange } from '../cli/engine-flags.js';
import { nearestManifest } from '../cli/find-manifest.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { labRequest, labFlags } from '../cli/lab-command.js';
import { usageError } from '../lib/errors.js';

export default changes({
  summary: 'do again on hosts what create does there: Docker, its settings, its certificate',
  description:
    'A host that is as it should be is left alone; its engine is restarted only where a setting changed. Settings that ' +
    'are named replace those that the host was made with; the others stay. ' +
    'Without a name, in the folder of a swarmup.yaml: on the hosts of the lab, with their labels, files and scripts.',
  examples: [
    '<%= config.bin %> provision agent1',
    '<%= config.bin %> provision --dry-run agent1',
    '<%= config.bin %> provision --engine-env HTTPS_PROXY=http://proxy:3128 agent1',
  ],
  args: {
    name: { description: 'hosts [default: the lab, else default]', many: true },
  },
  flags: {
    file: labFlags.file,
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
        "the settings of a lab's engines are those of its swarmup.yaml",
        'change them there; then: swarmup up',
        'or name a host that is not of the lab',
      );
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
