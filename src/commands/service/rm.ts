import { Args } from '@oclif/core';
import { serviceOutcomes } from '../../cli/render/service-tables.js';
import { ServiceCommand } from '../../cli/service-command.js';
import { dryRunFlag, swarmFlag, yesFlag } from '../../cli/swarm-flags.js';
import type { ServicesResult } from '../../operations/services/service-results.js';

export default class ServiceRm extends ServiceCommand {
  static override summary = 'remove services';
  static override examples = ['<%= config.bin %> service rm web api'];
  static override args = { service: Args.string({ description: 'services', multiple: true, required: true }) };
  static override flags = { swarm: swarmFlag, yes: yesFlag, 'dry-run': dryRunFlag };

  async run(): Promise<ServicesResult> {
    const { args, flags } = await this.parse(ServiceRm);
    const { removeServices } = await import('../../operations/services/change-services.js');
    const request = { swarm: flags.swarm, dryRun: flags['dry-run'], names: args.service };
    await this.approveLoss(flags, 'Remove with all tasks?', () =>
      this.operate({ quiet: true }, async (context) => {
        const { services } = await removeServices(context, { ...request, dryRun: true });
        return serviceOutcomes({ services, dryRun: false });
      }),
    );
    return this.change(true, (context) => removeServices(context, request));
  }
}
