import { hostUrls } from '../../operations/hosts/host-queries.js';
import { lightCommand } from './light-command.js';

export const urlCommand = lightCommand({
  id: 'url',
  summary: "print the URLs of hosts' engines",
  examples: ['docker --host "$(<%= config.bin %> url manager)" --tlsverify version'],
  names: { description: 'hosts [default: default, or the manager of the only swarm]', many: true },
  flags: {},
  run: ({ context, names }) => hostUrls(context, names),
  render: ({ hosts }) => hosts.map(({ url }) => `${url}\n`).join(''),
});
