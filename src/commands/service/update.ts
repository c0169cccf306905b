import { Flags } from '@oclif/core';
import { ServiceCommand } from '../../cli/service-command.js';
import { changeFlags, changeRequest, optionFlags, serviceName } from '../../cli/service-flags.js';
import type { ServicesResult } from '../../operations/services/service-results.js';

export default class ServiceUpdate extends ServiceCommand {
  static override summary = 'change a service, and wait; exits 6 when the update fails, is rolled back or paused';
  static override examples = [
    '<%= config.bin %> service update web --image nginx:1.28',
    '<%= config.bin %> service update web --env-add COLOUR=blue --limit-memory 256m',
  ];
  static override args = serviceName;
  static override flags = {
    ...changeFlags,
    image: Flags.string({ description: 'another image', helpValue: '<IMAGE>' }),
    arg: Flags.string({
      description: 'arguments of its program (repeatable)',
      multiple: true,
      multipleNonGreedy: true,
    }),
    force: Flags.boolean({ description: 'replace all tasks though nothing changed' }),
    ...optionFlags('update'),
  };

  async run(): Promise<ServicesResult> {
    const { args, flags } = await this.parse(ServiceUpdate);
    const { changeService } = await import('../../operations/services/change-services.js');
    const { image, arg, force } = flags;
    const request = { ...changeRequest(flags), name: args.service, image, command: arg, force, options: flags };
    return this.change(flags.quiet, (context) => changeService(context, request));
  }
}
