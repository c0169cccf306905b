import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { serviceListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default lists({
  listing: serviceListing,
  rows: 'services',
  summary: 'list the services of a swarm',
  description: 'RUNNING counts the tasks that have the current spec and are on nodes that are Ready.',
  examples: [swarmup`service ls`, swarmup`service ls --json`],
  flags: { swarm: swarmFlag },
  run: async ({ flags, operate }) => {
    const { servicesOf } = await import('../../operations/services/list-services.js');
    return operate({ quiet: true }, (context) => servicesOf(context, { swarm: flags.swarm }));
  },
});
