import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { serviceListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ServiceListResult } from '../../operations/services/service-results.js';

export default class ServiceLs extends BaseCommand {
  static override summary = 'list the services of a swarm';
  static override description = 'RUNNING counts the tasks on nodes that are Ready, of the spec that is wanted now.';
  static override examples = ['<%= config.bin %> service ls', '<%= config.bin %> service ls --json'];
  static override flags = { ...flagsOfList(serviceListing), swarm: swarmFlag };

  async run(): Promise<ServiceListResult> {
    const { flags } = await this.parse(ServiceLs);
    const { servicesOf } = await import('../../operations/services/list-services.js');
    const view = this.view(serviceListing, flags);
    const result = await this.operate({ quiet: true }, (context) => servicesOf(context, { swarm: flags.swarm }));
    return this.showList(view, result, 'services');
  }
}
