import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/render/table.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { StackListResult } from '../../operations/services/stacks.js';

export default class StackLs extends BaseCommand {
  static override summary = 'list the stacks of a swarm';
  static override examples = ['<%= config.bin %> stack ls'];
  static override flags = { swarm: swarmFlag };

  async run(): Promise<StackListResult> {
    const { flags } = await this.parse(StackLs);
    const { listStacks } = await import('../../operations/services/stacks.js');
    const result = await this.operate({ quiet: true }, (context) => listStacks(context, flags.swarm));
    this.print(
      table(
        ['STACK', 'SERVICES'],
        result.stacks.map(({ name, services }) => [name, String(services)]),
      ),
    );
    return result;
  }
}
