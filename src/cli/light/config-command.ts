import { swarmup } from '../../lib/typed-command.js';
import { dockerFlags } from '../../operations/clients/docker-flags.js';
import { quick } from '../define-command.js';
import { hostName, hostNamed } from './host-words.js';

export const configCommand = quick.shows({
  summary: 'print the docker flags that point to a host',
  description:
    'The values are quoted so that eval can read them. The command does not contact the host, so the host may be ' +
    'off. For a host named get, set, unset or ls, write config -- NAME.',
  examples: [`eval "docker $(${swarmup`config manager`}) info"`],
  args: hostName,
  // Those are commands about settings, unless -- comes before them; oclif knows which.
  isQuick: ({ name = '' }) => !['get', 'set', 'unset', 'ls'].includes(name),
  asksDrivers: () => false,
  run: ({ args, operate }) =>
    operate({ quiet: true }, async (context) => ({
      flags: await dockerFlags(context, await hostNamed(context, args.name)),
    })),
  render: ({ flags }) => flags.map((flag) => `${flag}\n`).join(''),
});
