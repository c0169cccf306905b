import { GuardedHostsCommand } from '../cli/hosts-command.js';
import type { OperationContext } from '../operations/access/context.js';
import type { PowerOptions } from '../operations/hosts/power.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Stop extends GuardedHostsCommand {
  static override summary = 'shut hosts down cleanly';
  static override examples = ['<%= config.bin %> stop agent1 agent2'];

  protected override async act(
    context: OperationContext,
    names: readonly string[],
    options: PowerOptions,
  ): Promise<HostsResult> {
    const { stopHosts } = await import('../operations/hosts/power.js');
    return stopHosts(context, names, options);
  }
}
