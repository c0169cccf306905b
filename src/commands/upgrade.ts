import { quietFlag } from '../cli/swarm-flags.js';
import { changes } from '../cli/oclif-command.js';
import { hostNames, outcomeCode, quorumForce } from '../cli/hosts-command.js';
import { upgradeLines } from '../cli/render/upgrade.js';

export default changes({
  summary: 'upgrade Docker Engine on hosts by their packages',
  description:
    'Hosts of a swarm take turns, workers first and the leader last; what runs on a host stops while its engine ' +
    'restarts. Without a gap, for a whole swarm: swarm upgrade. A host that was made with --engine-version stays in it ' +
    'until another one is named.',
  examples: [
    '<%= config.bin %> upgrade --dry-run agent1',
    '<%= config.bin %> upgrade --engine-version 27.3 agent1 agent2',
  ],
  args: hostNames,
  flags: {
    quiet: quietFlag,
    force: quorumForce,
    'engine-version': {
      type: 'string',
      description: 'as in 27 or 27.3.1 [default: the newest that is offered]',
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
