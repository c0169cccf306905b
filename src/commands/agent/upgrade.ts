import { swarmup } from '../../lib/typed-command.js';
import { managerNames, quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { hostOutcomes } from '../../cli/hosts-command.js';

export default changes({
  summary: 'upgrade installed agents to the version of this swarmup',
  description:
    'Managers are upgraded one after another, the leader last. Managers without an agent stay without one; agent ' +
    'install adds it.',
  examples: [swarmup`agent upgrade`, swarmup`agent upgrade --dry-run`],
  args: managerNames,
  flags: { swarm: swarmFlag, quiet: quietFlag },
  run: async ({ args, flags, operate }) => {
    const { upgradeAgents } = await import('../../operations/agent/install-agents.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return operate({ quiet: flags.quiet }, (context) => upgradeAgents(context, request));
  },
  ...hostOutcomes,
});
