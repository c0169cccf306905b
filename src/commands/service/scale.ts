import { swarmup } from '../../lib/typed-command.js';
import { servicesChanged } from '../../cli/service-command.js';
import { changes } from '../../cli/oclif-command.js';
import { serviceFlags, changeRequest } from '../../cli/service-flags.js';

export default changes({
  summary: 'set the replica counts of services and wait until they have converged',
  description:
    'The command refuses a count that the agent would set back, because another count is declared. With --declare, the ' +
    'command declares the count first, as replicas set does.',
  examples: [swarmup`service scale web=5 api=2`, swarmup`service scale --declare web=5`],
  args: {
    count: { description: 'SERVICE=COUNT', many: true, required: true, names: 'counts' },
  },
  flags: {
    ...serviceFlags,
    declare: { type: 'boolean', description: 'also declare the counts, so that the agent keeps them' },
  },
  run: async ({ args, flags, operate }) => {
    const { scaleServices } = await import('../../operations/services/change-services.js');
    const request = { ...changeRequest(flags), counts: args.count, declared: flags.declare };
    return operate({ quiet: flags.quiet }, async (context) => {
      if (flags.declare) {
        const { setReplicas } = await import('../../operations/agent/set-replicas.js');
        const { warnings } = await setReplicas(context, { ...request, storeSpec: true });
        for (const message of warnings) context.report({ type: 'warning', message });
      }
      return scaleServices(context, request);
    });
  },
  ...servicesChanged,
});
