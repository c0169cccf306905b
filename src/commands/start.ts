import { HostsCommand } from '../cli/hosts-command.js';
import type { OperationContext } from '../operations/access/context.js';
import type { PowerOptions } from '../operations/hosts/power.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Start extends HostsCommand {
  static override summary = 'start hosts, and wait until their engines answer';
  static override examples = ['<%= config.bin %> start agent1 agent2'];

  protected override async act(
    context: OperationContext,
    names: readonly string[],
    options: PowerOptions,
  ): Promise<HostsResult> {
    const { startHosts } = await import('../operations/hosts/power.js');
    return startHosts(context, names, options);
  }
}
