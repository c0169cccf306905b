import { Args } from '@oclif/core';
import { ServiceCommand } from '../../cli/service-command.js';
import { changeFlags, changeRequest } from '../../cli/service-flags.js';
import type { ServicesResult } from '../../operations/services/service-results.js';

export default class ServiceRollback extends ServiceCommand {
  static override summary = 'take services back to what they were before their last change, and wait for them';
  static override examples = ['<%= config.bin %> service rollback web'];
  static override args = { service: Args.string({ description: 'services', multiple: true, required: true }) };
  static override flags = changeFlags;

  async run(): Promise<ServicesResult> {
    const { args, flags } = await this.parse(ServiceRollback);
    const { rollBackServices } = await import('../../operations/services/change-services.js');
    const request = { ...changeRequest(flags), names: args.service };
    return this.change(flags.quiet, (context) => rollBackServices(context, request));
  }
}
