import { ContextsCommand } from '../../cli/contexts-command.js';
import type { ContextsResult } from '../../operations/clients/change-contexts.js';

export default class ContextLs extends ContextsCommand {
  static override summary = 'list the docker contexts that swarmup wrote';
  static override examples = ['<%= config.bin %> context ls'];

  async run(): Promise<ContextsResult> {
    await this.parse(ContextLs);
    const { listContexts } = await import('../../operations/clients/change-contexts.js');
    return this.show((context) => listContexts(context));
  }
}
