import { inspectHost } from '../../operations/hosts/host-queries.js';
import { jsonText } from '../render/json-text.js';
import { machineFields } from '../render/machine-fields.js';
import { compileTemplate } from '../render/template.js';
import { lightCommand } from './light-command.js';
import { timeoutFlag } from './timeout-flag.js';

export const inspectCommand = lightCommand({
  id: 'inspect',
  summary: 'print everything swarmup knows about a host, as JSON',
  examples: ['<%= config.bin %> inspect manager', "<%= config.bin %> inspect manager --format '{{.status.state}}'"],
  description: 'A template can also use the names of docker-machine, as in {{.Driver.IPAddress}}.',
  names: { description: 'host [default: default, or the manager of the only swarm]', many: false },
  flags: {
    format: { type: 'string', description: 'print only this Go-style template', value: 'TEMPLATE' },
    timeout: { ...timeoutFlag, default: 10 },
  },
  run: ({ context, names: [name = ''], flags }) => inspectHost(context, name, { timeoutMs: flags.timeout * 1000 }),
  render: (result, { flags, context }) => {
    if (flags.format === undefined) return jsonText(result);
    const value = { ...result, ...machineFields(result, context.store.home) };
    return compileTemplate(flags.format, value)([value]);
  },
});
