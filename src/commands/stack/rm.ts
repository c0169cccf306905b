import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { StackRemoveResult } from '../../operations/services/stacks.js';

export default class StackRm extends BaseCommand {
  static override summary = 'remove stacks with their services, networks, secrets and configs';
  static override examples = ['<%= config.bin %> stack rm shop'];
  static override args = { name: Args.string({ description: 'stacks', multiple: true, required: true }) };
  static override flags = { swarm: swarmFlag, 'dry-run': dryRunFlag };

  async run(): Promise<StackRemoveResult> {
    const { args, flags } = await this.parse(StackRm);
    const { removeStacks } = await import('../../operations/services/stacks.js');
    const request = { swarm: flags.swarm, stacks: args.name, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: true }, (context) => removeStacks(context, request));
    this.print(result.removed.map((what) => `${what}: ${result.dryRun ? 'would be removed' : 'removed'}\n`).join(''));
    return result;
  }
}
