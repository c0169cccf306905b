import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { listArg } from '../../cli/list-arg.js';
import { taskListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { TaskListResult } from '../../operations/services/service-results.js';

export default class NodePs extends BaseCommand {
  static override summary = 'list the tasks on nodes';
  static override examples = ['<%= config.bin %> node ps agent1', '<%= config.bin %> node ps --all'];
  static override args = {
    name: listArg('hosts, hostnames or node IDs [default: all nodes]'),
  };
  static override flags = {
    ...flagsOfList(taskListing),
    swarm: swarmFlag,
    all: Flags.boolean({ char: 'a', description: 'also tasks that ended' }),
  };

  async run(): Promise<TaskListResult> {
    const { args, flags } = await this.parse(NodePs);
    const { tasksOf } = await import('../../operations/services/list-services.js');
    const nodes = args.name.length === 0 ? {} : { nodes: args.name };
    const request = { swarm: flags.swarm, all: flags.all, ...nodes };
    const view = this.view(taskListing, flags);
    const result = await this.operate({ quiet: true }, (context) => tasksOf(context, request));
    return this.showList(view, result, 'tasks');
  }
}
