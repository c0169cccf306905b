import { contextHosts, ContextsCommand } from '../../cli/contexts-command.js';
import { dryRunFlag } from '../../cli/swarm-flags.js';
import type { ContextsResult } from '../../operations/clients/change-contexts.js';

export default class ContextRm extends ContextsCommand {
  static override summary = 'remove docker contexts that swarmup wrote; others stay';
  static override examples = ['<%= config.bin %> context rm manager'];
  static override args = contextHosts;
  static override flags = { 'dry-run': dryRunFlag };

  async run(): Promise<ContextsResult> {
    const { args, flags } = await this.parse(ContextRm);
    const { removeContexts } = await import('../../operations/clients/change-contexts.js');
    return this.change((context) => removeContexts(context, args.name, { dryRun: flags['dry-run'] }));
  }
}
