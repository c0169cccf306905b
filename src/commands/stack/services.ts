import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { serviceListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: serviceListing,
  rows: 'services',
  summary: 'list the services of a stack',
  examples: [swarmup`stack services shop`],
  args: { name: { description: 'name of the stack', required: true, names: 'stacks' } },
  flags: { swarm: swarmFlag },
  run: async ({ args, flags, operate }) => {
    const { servicesOf } = await import('../../operations/services/list-services.js');
    const { requireStacks } = await import('../../operations/services/stacks.js');
    const request = { swarm: flags.swarm, label: `com.docker.stack.namespace=${args.name}` };
    return operate({ quiet: true }, async (context) => {
      const found = await servicesOf(context, request);
      if (found.services.length === 0) await requireStacks(context, { swarm: flags.swarm, stacks: [args.name] });
      return found;
    });
  },
});
