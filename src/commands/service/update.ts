import { swarmup } from '../../lib/typed-command.js';
import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest, optionFlags, serviceName } from '../../cli/service-flags.js';

export default changes({
  summary: 'change a service and wait for the update; a failed update exits with code 6',
  examples: [
    swarmup`service update web --image nginx:1.28`,
    swarmup`service update web --env-add COLOUR=blue --limit-memory 256m`,
  ],
  args: serviceName,
  flags: {
    ...serviceFlags,
    image: { type: 'string', description: 'new image for the service', value: 'IMAGE' },
    arg: { type: 'list', description: 'argument for the program in the image (repeatable)' },
    force: { type: 'boolean', description: 'replace all tasks even if nothing changed' },
    ...optionFlags('update'),
  },
  run: async ({ args, flags, given, operate }) => {
    const { changeService } = await import('../../operations/services/change-services.js');
    const { image, arg, force } = flags;
    const request = {
      ...changeRequest(flags),
      name: args.service,
      image,
      command: arg.length > 0 ? arg : undefined,
      force,
      options: given,
    };
    return operate({ quiet: flags.quiet }, (context) => changeService(context, request));
  },
  ...servicesChanged,
});
