import { hostStates } from '../../operations/hosts/host-queries.js';
import { lightCommand } from './light-command.js';
import { timeoutFlag } from './timeout-flag.js';

export const statusCommand = lightCommand({
  id: 'status',
  summary: 'print the states of hosts: running, starting, stopped, paused, absent or error',
  examples: ['<%= config.bin %> status manager'],
  names: { description: 'hosts [default: default]', many: true },
  flags: { timeout: { ...timeoutFlag, default: 10 } },
  // Without a name it may be about the lab of this folder, and no name is the same as this one here.
  isQuick: (names) => !names.includes('default'),
  run: ({ context, names, flags }) => hostStates(context, names, { timeoutMs: flags.timeout * 1000 }),
  render: ({ hosts }) => hosts.map(({ state }) => `${state}\n`).join(''),
});
