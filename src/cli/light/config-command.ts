import { dockerFlags } from '../../operations/clients/docker-flags.js';
import { lightCommand } from './light-command.js';

export const configCommand = lightCommand({
  id: 'config',
  summary: 'print the flags that point a docker client to a host',
  description:
    'The values are quoted for a shell, so that eval reads them. Asks nobody: the host may be off. ' +
    'A host named get, set, unset or ls: config -- NAME.',
  examples: ['eval "docker $(<%= config.bin %> config manager) info"'],
  names: { description: 'host [default: default, or the manager of the only swarm]', many: false },
  flags: {},
  // Those are commands about settings, unless -- comes before them; oclif tells which.
  isQuick: ([name = '']) => !['get', 'set', 'unset', 'ls'].includes(name),
  run: async ({ context, names: [name = ''] }) => ({ flags: await dockerFlags(context, name) }),
  render: ({ flags }) => flags.map((flag) => `${flag}\n`).join(''),
});
