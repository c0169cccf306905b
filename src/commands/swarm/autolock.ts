import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { custodyFlags, custodyOf, sealKeyReader } from '../../cli/custody-flags.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { autolockText } from '../../cli/render/swarm-changes.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { AutolockResult } from '../../operations/members/autolock.js';

export default class SwarmAutolock extends BaseCommand {
  static override summary = 'let managers ask for a key after a restart, or no longer';
  static override description =
    'swarmup keeps the key encrypted: in the keyring of this machine where there is one, else in a file of its own, ' +
    'sealed with a passphrase or the content of a key file; or a command of yours keeps it. start and swarm unlock use it.';
  static override examples = [
    '<%= config.bin %> swarm autolock on',
    '<%= config.bin %> swarm autolock on --key-file ~/keys/swarm.key',
    '<%= config.bin %> swarm autolock off',
  ];
  static override args = {
    state: Args.string({ description: 'on or off', options: ['on', 'off'], required: true }),
  };
  static override flags = { swarm: swarmFlag, ...custodyFlags, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<AutolockResult> {
    const { args, flags } = await this.parse(SwarmAutolock);
    const { setAutolock } = await import('../../operations/members/autolock.js');
    const custody = custodyOf(flags);
    const result = await this.operate({ quiet: flags.quiet }, (context) =>
      setAutolock(context, {
        swarm: flags.swarm,
        on: args.state === 'on',
        custody,
        sealKey: sealKeyReader(this.io, flags, context.signal),
        dryRun: flags['dry-run'],
      }),
    );
    this.print(autolockText(result));
    return result;
  }
}
