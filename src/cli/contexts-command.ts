import type { ContextRow, ContextsResult } from '../operations/clients/change-contexts.js';
import type { OperationContext } from '../operations/access/context.js';
import { BaseCommand } from './base-command.js';
import { listArg } from './list-arg.js';
import { listTable, type Listing } from './render/listing.js';

export const contextHosts = {
  name: listArg('hosts [default: all]'),
};

/** The list of `context ls`; DockerEndpoint is docker's name. */
export const contextListing: Listing<ContextRow> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name, head: 'CONTEXT' },
    DockerEndpoint: { text: ({ url }) => url || '-', head: 'URL' },
    Status: { text: ({ status }) => status },
  },
};

/** A command that changes docker contexts: a row for each. */
export abstract class ContextsCommand extends BaseCommand {
  protected async change(work: (context: OperationContext) => Promise<ContextsResult>): Promise<ContextsResult> {
    const result = await this.operate({ quiet: true }, work);
    this.print(listTable(contextListing, result.contexts));
    return result;
  }
}
