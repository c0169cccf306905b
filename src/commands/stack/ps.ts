import { lists } from '../../cli/oclif-command.js';
import { taskListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: taskListing,
  rows: 'tasks',
  summary: 'list the tasks of a stack, where they are, and why some failed',
  examples: ['<%= config.bin %> stack ps shop'],
  args: { name: { description: 'the stack', required: true } },
  flags: {
    swarm: swarmFlag,
    all: { type: 'boolean', description: 'with all that ended' },
  },
  run: async ({ args, flags, operate }) => {
    const { tasksOf } = await import('../../operations/services/list-services.js');
    const request = { swarm: flags.swarm, label: `com.docker.stack.namespace=${args.name}`, all: flags.all };
    return operate({ quiet: true }, (context) => tasksOf(context, request));
  },
});
