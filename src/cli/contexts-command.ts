import type { ContextRow, ContextsResult } from '../operations/clients/change-contexts.js';
import { listTable, type Listing } from './render/listing.js';

export const contextHosts = {
  name: { description: 'hosts [default: all]', many: true, names: 'hosts' },
} as const;

/** The list of `context ls`; DockerEndpoint is docker's name. */
export const contextListing: Listing<ContextRow> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name, head: 'CONTEXT' },
    DockerEndpoint: { text: ({ url }) => url || '-', head: 'URL' },
    Status: { text: ({ status }) => status },
  },
};

/** How a command ends that changes contexts: a row for each. */
export const contextsTable = ({ contexts }: ContextsResult): string => listTable(contextListing, contexts);
