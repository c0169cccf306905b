import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { dryRunFlag, swarmFlag, yesFlag } from '../../cli/swarm-flags.js';
import type { StackRemoveResult } from '../../operations/services/stacks.js';

export default class StackRm extends BaseCommand {
  static override summary = 'remove stacks with their services, networks, secrets and configs';
  static override examples = ['<%= config.bin %> stack rm shop'];
  static override args = { name: Args.string({ description: 'stacks', multiple: true, required: true }) };
  static override flags = { swarm: swarmFlag, yes: yesFlag, 'dry-run': dryRunFlag };

  async run(): Promise<StackRemoveResult> {
    const { args, flags } = await this.parse(StackRm);
    const { removeStacks } = await import('../../operations/services/stacks.js');
    const act = (dryRun: boolean): Promise<StackRemoveResult> =>
      this.operate({ quiet: true }, (context) =>
        removeStacks(context, { swarm: flags.swarm, stacks: args.name, dryRun }),
      );
    await this.approveLoss(flags, 'Remove all of it?', async () => removedLines(await act(true)));
    const result = await act(flags['dry-run']);
    this.print(removedLines(result));
    return result;
  }
}

const removedLines = ({ removed, dryRun }: StackRemoveResult): string =>
  removed.map((what) => `${what}: ${dryRun ? 'would be removed' : 'removed'}\n`).join('');
