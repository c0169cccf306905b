import { activeHost } from '../../operations/host-queries.js';
import { lightCommand } from './light-command.js';

export const activeCommand = lightCommand({
  id: 'active',
  summary: 'print the host that DOCKER_HOST points to',
  examples: ['<%= config.bin %> active'],
  flags: {},
  run: ({ context }) => activeHost(context),
  render: ({ name }) => `${name}\n`,
});
