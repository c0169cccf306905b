import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { taskListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: taskListing,
  rows: 'tasks',
  summary: 'list the tasks of a stack, their nodes and their errors',
  examples: [swarmup`stack ps shop`],
  args: { name: { description: 'name of the stack', required: true, names: 'stacks' } },
  flags: {
    swarm: swarmFlag,
    all: { type: 'boolean', description: 'also list tasks that have ended' },
  },
  run: async ({ args, flags, operate }) => {
    const { tasksOf } = await import('../../operations/services/list-services.js');
    const { requireStacks } = await import('../../operations/services/stacks.js');
    const request = { swarm: flags.swarm, label: `com.docker.stack.namespace=${args.name}`, all: flags.all };
    return operate({ quiet: true }, async (context) => {
      const found = await tasksOf(context, request);
      if (found.tasks.length === 0) await requireStacks(context, { swarm: flags.swarm, stacks: [args.name] });
      return found;
    });
  },
});
