import { swarmup } from '../../lib/typed-command.js';
import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest } from '../../cli/service-flags.js';

export default changes({
  summary: 'deploy a stack from compose files and wait for all its services',
  description:
    'Names and labels are the same as with docker stack deploy, so you can use both commands on one stack. The ' +
    'command exits with code 6 if a service fails, is rolled back or keeps crashing, and names the task, its ' +
    'node and the reason.',
  examples: [
    swarmup`stack deploy -c compose.yaml shop`,
    swarmup`stack deploy -c compose.yaml -c production.yaml shop --prune --dry-run`,
  ],
  args: { name: { description: 'name of the stack', required: true, names: 'stacks' } },
  flags: {
    ...serviceFlags,
    'compose-file': {
      type: 'list',
      char: 'c',
      description: 'compose file (repeatable); later files override earlier ones',
      required: true,
      value: 'FILE',
    },
    prune: { type: 'boolean', description: 'remove services that are not in the compose files' },
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
