import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { stackListing } from '../../cli/render/service-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { StackListResult } from '../../operations/services/stacks.js';

export default class StackLs extends BaseCommand {
  static override summary = 'list the stacks of a swarm';
  static override examples = ['<%= config.bin %> stack ls'];
  static override flags = { ...flagsOfList(stackListing), swarm: swarmFlag };

  async run(): Promise<StackListResult> {
    const { flags } = await this.parse(StackLs);
    const view = this.view(stackListing, flags);
    const { listStacks } = await import('../../operations/services/stacks.js');
    const result = await this.operate({ quiet: true }, (context) => listStacks(context, flags.swarm));
    return this.showList(view, result, 'stacks');
  }
}
