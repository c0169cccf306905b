import { swarmup } from '../../lib/typed-command.js';
import { changeFlags } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';

export default changes({
  summary: 'turn managers into workers',
  description:
    'Managers are demoted one after another, the leader last. If a change would cost the swarm its quorum, the ' +
    'command refuses it before it changes anything.',
  examples: [swarmup`node demote m2`, swarmup`node demote --dry-run m2 m3`],
  args: nodeNames,
  flags: changeFlags,
  run: async ({ args, flags, operate }) => {
    const { demoteNodes } = await import('../../operations/nodes/change-roles.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => demoteNodes(context, request));
  },
  ...nodeOutcomes,
});
