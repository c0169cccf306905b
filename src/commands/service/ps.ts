import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { taskListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { TaskListResult } from '../../operations/services/service-results.js';

export default class ServicePs extends BaseCommand {
  static override summary = 'list the tasks of services, where they are, and why some failed';
  static override examples = ['<%= config.bin %> service ps web', '<%= config.bin %> service ps web api --all'];
  static override args = { service: Args.string({ description: 'services', multiple: true, required: true }) };
  static override flags = {
    ...flagsOfList(taskListing),
    swarm: swarmFlag,
    all: Flags.boolean({ description: 'with all that ended' }),
  };

  async run(): Promise<TaskListResult> {
    const { args, flags } = await this.parse(ServicePs);
    const { tasksOf } = await import('../../operations/services/list-services.js');
    const request = { swarm: flags.swarm, names: args.service, all: flags.all };
    const view = this.view(taskListing, flags);
    const result = await this.operate({ quiet: true }, (context) => tasksOf(context, request));
    return this.showList(view, result, 'tasks');
  }
}
