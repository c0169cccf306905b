import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest } from '../../cli/service-flags.js';

export default changes({
  summary: 'make a stack what its compose files say, and wait for all services',
  description:
    'Names and labels are those of docker stack deploy, so both can be used on one stack. Exits 6 when a service fails, ' +
    'is rolled back or crashes again and again, and says which task, where and why.',
  examples: [
    '<%= config.bin %> stack deploy -c compose.yaml shop',
    '<%= config.bin %> stack deploy -c compose.yaml -c production.yaml shop --prune --dry-run',
  ],
  args: { name: { description: 'the stack', required: true } },
  flags: {
    ...serviceFlags,
    'compose-file': {
      type: 'list',
      char: 'c',
      description: 'compose file; later ones are laid over earlier ones',
      required: true,
      value: 'FILE',
    },
    prune: { type: 'boolean', description: 'remove services that the files do not have' },
  },
  run: async ({ args, flags, operate, print }) => {
    const { deployStack, composeFolder } = await import('../../operations/services/deploy-stack.js');
    const { readComposeFiles } = await import('../../operations/services/read-compose-files.js');
    const files = flags['compose-file'];
    const about = { ...changeRequest(flags), stack: args.name, folder: composeFolder(files), prune: flags.prune };
    return operate({ quiet: flags.quiet }, async (context) => {
      const result = await deployStack(context, { ...about, compose: await readComposeFiles(context, files) });
      for (const made of result.made) print(`${made}: ${result.dryRun ? 'would be made' : 'made'}\n`);
      for (const gone of result.pruned) print(`${gone}: ${result.dryRun ? 'would be removed' : 'removed'}\n`);
      return result;
    });
  },
  ...servicesChanged,
});
