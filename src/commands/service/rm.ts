import { swarmup } from '../../lib/typed-command.js';
import { destroys } from '../../cli/oclif-command.js';
import { serviceOutcomes } from '../../cli/render/service-tables.js';
import { servicesChanged } from '../../cli/service-command.js';
import { swarmFlag } from '../../cli/swarm-flags.js';

export default destroys({
  summary: 'remove services',
  examples: [swarmup`service rm web api`],
  args: { service: { description: 'services', many: true, required: true, names: 'services' } },
  flags: { swarm: swarmFlag },
  run: async ({ args, flags, operate, approveLoss }) => {
    const { removeServices } = await import('../../operations/services/change-services.js');
    const request = { swarm: flags.swarm, dryRun: flags['dry-run'], names: args.service };
    await approveLoss(flags, 'Remove these services and all their tasks?', () =>
      operate({ quiet: true }, async (context) => {
        const { services } = await removeServices(context, { ...request, dryRun: true });
        return serviceOutcomes({ services, dryRun: false });
      }),
    );
    return operate({ quiet: true }, (context) => removeServices(context, request));
  },
  ...servicesChanged,
});
