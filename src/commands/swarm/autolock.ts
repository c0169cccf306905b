import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { custodyFlags, custodyOf, sealKeyReader } from '../../cli/custody-flags.js';
import { autolockText } from '../../cli/render/swarm-changes.js';

export default changes({
  summary: 'turn autolock on or off: locked managers need a key after a restart',
  description:
    'swarmup stores the unlock key encrypted: in the keyring of this computer if there is one, else in a file ' +
    'that is sealed with a passphrase or a key file. With --key-command, your own command stores the key. start ' +
    'and swarm unlock use the stored key.',
  examples: [
    swarmup`swarm autolock on`,
    swarmup`swarm autolock on --key-file ~/keys/swarm.key`,
    swarmup`swarm autolock off`,
  ],
  args: {
    state: { description: 'on or off', choices: ['on', 'off'], required: true },
  },
  flags: { swarm: swarmFlag, ...custodyFlags, quiet: quietFlag },
  run: async ({ args, flags, operate, io }) => {
    const { setAutolock } = await import('../../operations/members/autolock.js');
    const custody = custodyOf(flags);
    return operate({ quiet: flags.quiet }, (context) =>
      setAutolock(context, {
        swarm: flags.swarm,
        on: args.state === 'on',
        custody,
        sealKey: sealKeyReader(io, flags, context.signal),
        dryRun: flags['dry-run'],
      }),
    );
  },
  render: autolockText,
});
