import { Args, Flags } from '@oclif/core';
import { listArg } from '../../cli/list-arg.js';
import { ServiceCommand } from '../../cli/service-command.js';
import { changeFlags, changeRequest, optionFlags } from '../../cli/service-flags.js';
import type { ServicesResult } from '../../operations/services/service-results.js';

export default class ServiceCreate extends ServiceCommand {
  static override summary = 'make a service, and wait until its tasks run and go on running';
  static override examples = [
    '<%= config.bin %> service create --name web --replicas 3 --publish 8080:80 nginx:1.27',
    '<%= config.bin %> service create --name tick --mode global busybox -- sleep 1000',
  ];
  static override args = {
    image: Args.string({ description: 'the image', required: true }),
    command: listArg('arguments of its program'),
  };
  static override flags = {
    ...changeFlags,
    name: Flags.string({ description: 'name of the service', required: true, helpValue: '<NAME>' }),
    ...optionFlags('create'),
  };

  async run(): Promise<ServicesResult> {
    const { args, flags } = await this.parse(ServiceCreate);
    const { makeService } = await import('../../operations/services/change-services.js');
    const { name, image, command } = { name: flags.name, ...args };
    const request = { ...changeRequest(flags), name, image, command, options: flags };
    return this.change(flags.quiet, (context) => makeService(context, request));
  }
}
