import { BaseCommand } from '../../cli/base-command.js';
import { serviceTable } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ServiceListResult } from '../../operations/services/service-results.js';

export default class ServiceLs extends BaseCommand {
  static override summary = 'list the services of a swarm';
  static override description = 'RUNNING counts the tasks on nodes that are Ready, of the spec that is wanted now.';
  static override examples = ['<%= config.bin %> service ls', '<%= config.bin %> service ls --json'];
  static override flags = { swarm: swarmFlag };

  async run(): Promise<ServiceListResult> {
    const { flags } = await this.parse(ServiceLs);
    const { servicesOf } = await import('../../operations/services/list-services.js');
    const result = await this.operate({ quiet: true }, (context) => servicesOf(context, { swarm: flags.swarm }));
    this.print(serviceTable(result));
    return result;
  }
}
