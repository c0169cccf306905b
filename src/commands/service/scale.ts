import { swarmup } from '../../lib/typed-command.js';
import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest } from '../../cli/service-flags.js';

export default changes({
  summary: 'set the replica counts of services and wait until they have converged',
  examples: [swarmup`service scale web=5 api=2`],
  args: {
    count: { description: 'SERVICE=COUNT', many: true, required: true, names: 'counts' },
  },
  flags: serviceFlags,
  run: async ({ args, flags, operate }) => {
    const { scaleServices } = await import('../../operations/services/change-services.js');
    const request = { ...changeRequest(flags), counts: args.count };
    return operate({ quiet: flags.quiet }, (context) => scaleServices(context, request));
  },
  ...servicesChanged,
});
