import { GuardedHostsCommand } from '../cli/hosts-command.js';
import type { OperationContext } from '../operations/access/context.js';
import type { PowerOptions } from '../operations/hosts/power.js';
import type { HostsResult } from '../operations/access/results.js';

export default class Kill extends GuardedHostsCommand {
  static override summary = 'cut the power of hosts: what was not written is lost';
  static override examples = ['<%= config.bin %> kill agent1 agent2'];

  protected override async act(
    context: OperationContext,
    names: readonly string[],
    options: PowerOptions,
  ): Promise<HostsResult> {
    const { killHosts } = await import('../operations/hosts/power.js');
    return killHosts(context, names, options);
  }
}
