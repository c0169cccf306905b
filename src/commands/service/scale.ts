import { Args } from '@oclif/core';
import { ServiceCommand } from '../../cli/service-command.js';
import { changeFlags, changeRequest } from '../../cli/service-flags.js';
import type { ServicesResult } from '../../operations/services/service-results.js';

export default class ServiceScale extends ServiceCommand {
  static override summary = 'set the replica counts of services, and wait for them';
  static override examples = ['<%= config.bin %> service scale web=5 api=2'];
  static override args = {
    count: Args.string({ description: 'SERVICE=COUNT', multiple: true, required: true }),
  };
  static override flags = changeFlags;

  async run(): Promise<ServicesResult> {
    const { args, flags } = await this.parse(ServiceScale);
    const { scaleServices } = await import('../../operations/services/change-services.js');
    const request = { ...changeRequest(flags), counts: args.count };
    return this.change(flags.quiet, (context) => scaleServices(context, request));
  }
}
