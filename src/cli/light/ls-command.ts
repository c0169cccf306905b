import { listHosts } from '../../operations/hosts/list-hosts.js';
import { compileFilter } from '../host-filter.js';
import { hostFields, hostTable, sampleFields } from '../render/host-table.js';
import { compileTemplate } from '../render/template.js';
import { lightCommand } from './light-command.js';
import { timeoutFlag } from './timeout-flag.js';

export const lsCommand = lightCommand({
  id: 'ls',
  summary: 'list the hosts',
  description:
    'Asks all drivers and engines at once. A host that does not answer in time is shown with what is known about it.',
  examples: [
    '<%= config.bin %> ls',
    '<%= config.bin %> ls --filter driver=docker --filter state=running -q',
    String.raw`<%= config.bin %> ls --format '{{.Name}}\t{{.State}}'`,
  ],
  flags: {
    quiet: { type: 'boolean', char: 'q', description: 'print only the names' },
    filter: {
      type: 'list',
      description:
        'only hosts where KEY is VALUE; name (a regular expression), driver, state, swarm, role, label (zone=a)',
      value: 'KEY=VALUE',
    },
    format: {
      type: 'string',
      char: 'f',
      description: 'a Go-style template for each host; fields: Name Active Driver State URL Swarm Role Docker Errors',
      value: 'TEMPLATE',
    },
    timeout: { ...timeoutFlag, default: 3 },
  },
  run: async ({ context, flags }) => {
    const { filter, needsState } = compileFilter(flags.filter);
    if (flags.format !== undefined) compileTemplate(flags.format, sampleFields);
    return listHosts(context, { timeoutMs: flags.timeout * 1000, probe: !flags.quiet || needsState, filter });
  },
  render: ({ hosts }, { flags }) => {
    if (flags.quiet) return hosts.map(({ name }) => `${name}\n`).join('');
    if (flags.format === undefined) return hostTable(hosts);
    return compileTemplate(flags.format, sampleFields)(hosts.map(hostFields));
  },
});
