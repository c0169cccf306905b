import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import { hostOutcomes } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { selectionOf, selectionFlags } from '../cli/select-hosts.js';
import { usageError } from '../lib/errors.js';

export default changes({
  summary: 'copy files to or from all hosts of the lab at the same time',
  description:
    'A path that starts with a colon is on every host of the lab, or on every host of the chosen pool or role. A ' +
    'copy from several hosts puts the files of each host into a folder with the name of the host. To copy ' +
    `between single hosts, use ${swarmup`scp FILE NAME:`}.`,
  usage: 'cp [-r] [--role ROLE] [--pool POOL] SOURCE... TARGET',
  examples: [
    swarmup`cp app.conf :/etc/app.conf`,
    swarmup`cp -r --role worker site/ :/srv/`,
    swarmup`cp ':/var/log/*.log' logs`,
  ],
  args: { place: { description: 'the sources, then the target', many: true, required: true, names: 'places' } },
  flags: {
    ...selectionFlags,
    recursive: { type: 'boolean', char: 'r', description: 'copy folders with everything in them' },
    quiet: quietFlag,
  },
  run: async (call) => {
    const { args, flags } = call;
    const sources = [...args.place];
    const target = sources.pop();
    if (target === undefined || sources.length === 0)
      throw usageError(
        'USAGE',
        'cp needs a source and a target',
        `for example: ${swarmup`cp app.conf :/etc/app.conf`}`,
      );
    const { copyLab } = await import('../operations/lab/copy-lab.js');
    const { selectHosts } = await import('../operations/lab/lab-members.js');
    const chosen = await selectionOf(call, [], flags);
    const request = { sources, target, recursive: flags.recursive, dryRun: flags['dry-run'] };
    return call.operate({ quiet: flags.quiet }, async (context) =>
      copyLab(context, { ...request, hosts: await selectHosts(context, chosen) }),
    );
  },
  ...hostOutcomes,
});
