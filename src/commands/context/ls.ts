import { BaseCommand } from '../../cli/base-command.js';
import { contextListing } from '../../cli/contexts-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import type { ContextsResult } from '../../operations/clients/change-contexts.js';

export default class ContextLs extends BaseCommand {
  static override summary = 'list the docker contexts that swarmup wrote';
  static override examples = ['<%= config.bin %> context ls'];
  static override flags = flagsOfList(contextListing);

  async run(): Promise<ContextsResult> {
    const { flags } = await this.parse(ContextLs);
    const view = this.view(contextListing, flags);
    const { listContexts } = await import('../../operations/clients/change-contexts.js');
    return this.showList(view, await this.operate({ quiet: true }, listContexts), 'contexts');
  }
}
