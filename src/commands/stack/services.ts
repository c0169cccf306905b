import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { serviceListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ServiceListResult } from '../../operations/services/service-results.js';

export default class StackServices extends BaseCommand {
  static override summary = 'list the services of a stack';
  static override examples = ['<%= config.bin %> stack services shop'];
  static override args = { name: Args.string({ description: 'the stack', required: true }) };
  static override flags = { ...flagsOfList(serviceListing), swarm: swarmFlag };

  async run(): Promise<ServiceListResult> {
    const { args, flags } = await this.parse(StackServices);
    const { servicesOf } = await import('../../operations/services/list-services.js');
    const request = { swarm: flags.swarm, label: `com.docker.stack.namespace=${args.name}` };
    const view = this.view(serviceListing, flags);
    const result = await this.operate({ quiet: true }, (context) => servicesOf(context, request));
    return this.showList(view, result, 'services');
  }
}
