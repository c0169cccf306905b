import { dockerFlags } from '../../operations/clients/docker-flags.js';
import { quick } from '../define-command.js';
import { hostName, hostNamed } from './host-words.js';

export const configCommand = quick.shows({
  summary: 'print the flags that point a docker client to a host',
  description:
    'The values are quoted for a shell, so that eval reads them. Asks nobody: the host may be off. ' +
    'A host named get, set, unset or ls: config -- NAME.',
  examples: ['eval "docker $(<%= config.bin %> config manager) info"'],
  args: hostName,
  // Those are commands about settings, unless -- comes before them; oclif tells which.
  isQuick: ({ name = '' }) => !['get', 'set', 'unset', 'ls'].includes(name),
  run: ({ args, operate }) =>
    operate({ quiet: true }, async (context) => ({
      flags: await dockerFlags(context, await hostNamed(context, args.name)),
    })),
  render: ({ flags }) => flags.map((flag) => `${flag}\n`).join(''),
});
