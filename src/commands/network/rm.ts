import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { destroys } from '../../cli/oclif-command.js';
import { outcomeCode } from '../../cli/hosts-command.js';
import { lossOf, outcomeLines } from '../../cli/render/outcome-lines.js';
import type { RemoveNetworksResult } from '../../operations/networks/networks.js';

export default destroys({
  summary: 'remove overlay networks that no service uses',
  examples: [swarmup`network rm back`, swarmup`network rm --dry-run front back`],
  args: { name: { description: 'networks', many: true, required: true, names: 'networks' } },
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate, approveLoss, io }) => {
    const { removeNetworks } = await import('../../operations/networks/networks.js');
    const act = (dryRun: boolean): Promise<RemoveNetworksResult> =>
      operate({ quiet: flags.quiet }, (context) =>
        removeNetworks(context, { swarm: flags.swarm, names: args.name, dryRun }),
      );
    await approveLoss(flags, 'Remove?', async () => lossOf(io, (await act(true)).networks));
    return act(flags['dry-run']);
  },
  exitCode: ({ networks }) => outcomeCode(networks),
  render: (result, { io }) => outcomeLines(io, result.networks),
});
