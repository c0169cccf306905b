import { swarmup } from '../lib/typed-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { changes } from '../cli/oclif-command.js';
import { hostNames, outcomeCode, quorumForce } from '../cli/hosts-command.js';
import { upgradeLines } from '../cli/render/upgrade.js';

export default changes({
  summary: 'upgrade Docker Engine on hosts with their package manager',
  description:
    'The hosts of a swarm are upgraded one after another, workers first and the leader last. Containers on a ' +
    'host stop while its engine restarts. To upgrade a whole swarm without an interruption, use swarm upgrade. A ' +
    'host that was made with --engine-version keeps that version until you name another.',
  examples: [swarmup`upgrade --dry-run agent1`, swarmup`upgrade --engine-version 27.3 agent1 agent2`],
  args: hostNames,
  flags: {
    quiet: quietFlag,
    force: quorumForce,
    'engine-version': {
      type: 'string',
      description: 'version to install, for example 27 or 27.3.1 [default: the newest version available]',
      value: 'VERSION',
    },
  },
  run: async ({ args, flags, operate }) => {
    const { upgradeHosts } = await import('../operations/upgrade/upgrade-hosts.js');
    const request = {
      names: [...new Set(args.name)],
      version: flags['engine-version'],
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    return operate({ quiet: flags.quiet }, (context) => upgradeHosts(context, request));
  },
  exitCode: ({ hosts }) => outcomeCode(hosts),
  render: (result, { io }) => upgradeLines(io, result),
});
