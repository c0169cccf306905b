import type { ContextsResult } from '../operations/clients/change-contexts.js';
import type { OperationContext } from '../operations/access/context.js';
import { BaseCommand } from './base-command.js';
import { listArg } from './list-arg.js';
import { table } from './render/table.js';

export const contextHosts = {
  name: listArg('hosts [default: all]'),
};

/** A command about docker contexts: a row for each. */
export abstract class ContextsCommand extends BaseCommand {
  protected async show(work: (context: OperationContext) => Promise<ContextsResult>): Promise<ContextsResult> {
    const result = await this.operate({ quiet: true }, work);
    const rows = result.contexts.map(({ name, url, status }) => [name, url || '-', status]);
    this.print(table(['CONTEXT', 'URL', 'STATUS'], rows));
    return result;
  }
}
