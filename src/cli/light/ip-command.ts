import { hostAddresses } from '../../operations/hosts/host-queries.js';
import { lightCommand } from './light-command.js';

export const ipCommand = lightCommand({
  id: 'ip',
  summary: 'print the addresses of hosts',
  examples: ['<%= config.bin %> ip manager', '<%= config.bin %> ip agent1 agent2'],
  names: { description: 'hosts [default: default, or the manager of the only swarm]', many: true },
  flags: {},
  run: ({ context, names }) => hostAddresses(context, names),
  render: ({ hosts }) => hosts.map(({ ip }) => `${ip}\n`).join(''),
});
