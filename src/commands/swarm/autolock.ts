import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { custodyFlags, custodyOf, sealKeyReader } from '../../cli/custody-flags.js';
import { autolockText } from '../../cli/render/swarm-changes.js';

export default changes({
  summary: 'let managers ask for a key after a restart, or no longer',
  description:
    'swarmup keeps the key encrypted: in the keyring of this machine where there is one, else in a file of its own, ' +
    'sealed with a passphrase or the content of a key file; or a command of yours keeps it. start and swarm unlock use it.',
  examples: [
    '<%= config.bin %> swarm autolock on',
    '<%= config.bin %> swarm autolock on --key-file ~/keys/swarm.key',
    '<%= config.bin %> swarm autolock off',
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
