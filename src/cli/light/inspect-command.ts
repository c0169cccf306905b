import { swarmup } from '../../lib/typed-command.js';
import { inspectHost } from '../../operations/hosts/host-queries.js';
import { jsonText } from '../render/json-text.js';
import { machineFields } from '../render/machine-fields.js';
import { compileTemplate } from '../render/template.js';
import { homeFolder } from '../../lib/home-folder.js';
import { quick } from '../define-command.js';
import { hostName, hostNamed } from './host-words.js';
import { timeoutFlag } from './timeout-flag.js';

export const inspectCommand = quick.shows({
  summary: 'print everything that swarmup knows about a host, as JSON',
  examples: [swarmup`inspect manager`, swarmup`inspect manager --format '{{.status.state}}'`],
  description: "A template can also use docker-machine's field names, for example {{.Driver.IPAddress}}.",
  args: hostName,
  flags: {
    format: { type: 'string', description: 'print the result of this Go-style template', value: 'TEMPLATE' },
    timeout: { ...timeoutFlag, default: 10 },
  },
  run: ({ args, flags, operate }) =>
    operate({ quiet: true }, async (context) =>
      inspectHost(context, await hostNamed(context, args.name), { timeoutMs: flags.timeout * 1000 }),
    ),
  render: (result, { flags, io }) => {
    if (flags.format === undefined) return jsonText(result);
    const value = { ...result, ...machineFields(result, homeFolder(io.env, io.platform)) };
    return compileTemplate(flags.format, value)([value]);
  },
});
