import { hostStates } from '../../operations/hosts/host-queries.js';
import { lightCommand } from './light-command.js';
import { timeoutFlag } from './timeout-flag.js';

export const statusCommand = lightCommand({
  id: 'status',
  summary: 'print the states of hosts: running, starting, stopped, paused, absent or error',
  examples: ['<%= config.bin %> status manager'],
  names: { description: 'hosts [default: default, or the manager of the only swarm]', many: true },
  flags: { timeout: { ...timeoutFlag, default: 10 } },
  // Without a name it may be about the lab of this folder.
  isQuick: (names) => names.length > 0,
  run: ({ context, names, flags }) => hostStates(context, names, { timeoutMs: flags.timeout * 1000 }),
  render: ({ hosts }) => hosts.map(({ state }) => `${state}\n`).join(''),
});
