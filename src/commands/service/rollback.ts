import { swarmup } from '../../lib/typed-command.js';
import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest } from '../../cli/service-flags.js';

export default changes({
  summary: 'undo the last change of services and wait until they have converged',
  examples: [swarmup`service rollback web`],
  args: { service: { description: 'services', many: true, required: true, names: 'services' } },
  flags: serviceFlags,
  run: async ({ args, flags, operate }) => {
    const { rollBackServices } = await import('../../operations/services/change-services.js');
    const request = { ...changeRequest(flags), names: args.service };
    return operate({ quiet: flags.quiet }, (context) => rollBackServices(context, request));
  },
  ...servicesChanged,
});
