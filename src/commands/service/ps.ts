import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { taskListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: taskListing,
  rows: 'tasks',
  summary: 'list the tasks of services, their nodes and their errors',
  examples: [swarmup`service ps web`, swarmup`service ps web api --all`],
  args: { service: { description: 'services', many: true, required: true, names: 'services' } },
  flags: {
    swarm: swarmFlag,
    all: { type: 'boolean', description: 'also list tasks that have ended' },
  },
  run: async ({ args, flags, operate }) => {
    const { tasksOf } = await import('../../operations/services/list-services.js');
    const request = { swarm: flags.swarm, names: args.service, all: flags.all };
    return operate({ quiet: true }, (context) => tasksOf(context, request));
  },
});
