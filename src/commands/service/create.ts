import { swarmup } from '../../lib/typed-command.js';
import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest, optionFlags } from '../../cli/service-flags.js';

export default changes({
  summary: 'create a service and wait until its tasks run steadily',
  examples: [
    swarmup`service create --name web --replicas 3 --publish 8080:80 nginx:1.27`,
    swarmup`service create --name tick --mode global busybox -- sleep 1000`,
  ],
  args: {
    image: { description: 'image of the service', required: true },
    command: { description: 'arguments for the program in the image', many: true },
  },
  flags: {
    ...serviceFlags,
    name: { type: 'string', description: 'name of the service', required: true, value: 'NAME' },
    ...optionFlags('create'),
  },
  run: async ({ args, flags, given, operate }) => {
    const { makeService } = await import('../../operations/services/change-services.js');
    const { name, image, command } = { name: flags.name, ...args };
    const request = { ...changeRequest(flags), name, image, command, options: given };
    return operate({ quiet: flags.quiet }, (context) => makeService(context, request));
  },
  ...servicesChanged,
});
