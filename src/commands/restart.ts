import { GuardedHostsCommand } from '../cli/hosts-command.js';
import type { OperationContext } from '../operations/access/context.js';
import type { PowerOptions } from '../operations/hosts/power.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Restart extends GuardedHostsCommand {
  static override summary = 'stop hosts and start them again; hosts that you already had are rebooted by ssh';
  static override examples = ['<%= config.bin %> restart agent1 agent2'];

  protected override async act(
    context: OperationContext,
    names: readonly string[],
    options: PowerOptions,
  ): Promise<HostsResult> {
    const { restartHosts } = await import('../operations/hosts/power.js');
    return restartHosts(context, names, options);
  }
}
