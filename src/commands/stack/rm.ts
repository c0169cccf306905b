import { swarmup } from '../../lib/typed-command.js';
import { destroys } from '../../cli/oclif-command.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { StackRemoveResult } from '../../operations/services/stacks.js';

const removedLines = ({ removed, dryRun }: StackRemoveResult): string =>
  removed.map((what) => `${what}: ${dryRun ? 'would be removed' : 'removed'}\n`).join('');

export default destroys({
  summary: 'remove stacks and their services, networks, secrets and configs',
  examples: [swarmup`stack rm shop`],
  args: { name: { description: 'stacks', many: true, required: true, names: 'stacks' } },
  flags: { swarm: swarmFlag },
  run: async ({ args, flags, operate, approveLoss }) => {
    const { removeStacks } = await import('../../operations/services/stacks.js');
    const act = (dryRun: boolean): Promise<StackRemoveResult> =>
      operate({ quiet: true }, (context) => removeStacks(context, { swarm: flags.swarm, stacks: args.name, dryRun }));
    await approveLoss(flags, 'Remove these stacks and everything in them?', async () => removedLines(await act(true)));
    return act(flags['dry-run']);
  },
  render: removedLines,
});
