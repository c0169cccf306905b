import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { lossOf, outcomeLines } from '../../cli/render/outcome-lines.js';
import { dryRunFlag, swarmFlag, yesFlag } from '../../cli/swarm-flags.js';
import type { RemoveNetworksResult } from '../../operations/networks/networks.js';

export default class NetworkRm extends BaseCommand {
  static override summary = 'remove overlay networks that no service uses';
  static override examples = ['<%= config.bin %> network rm back', '<%= config.bin %> network rm --dry-run front back'];
  static override args = { name: Args.string({ description: 'networks', multiple: true, required: true }) };
  static override flags = { swarm: swarmFlag, yes: yesFlag, 'dry-run': dryRunFlag, quiet: quietFlag };

  async run(): Promise<RemoveNetworksResult> {
    const { args, flags } = await this.parse(NetworkRm);
    const { removeNetworks } = await import('../../operations/networks/networks.js');
    const act = (dryRun: boolean): Promise<RemoveNetworksResult> =>
      this.operate({ quiet: flags.quiet }, (context) =>
        removeNetworks(context, { swarm: flags.swarm, names: args.name, dryRun }),
      );
    await this.approveLoss(flags, 'Remove?', async () => lossOf(this.io, (await act(true)).networks));
    const result = await act(flags['dry-run']);
    this.exitWith(outcomeCode(result.networks));
    this.print(outcomeLines(this.io, result.networks));
    return result;
  }
}
