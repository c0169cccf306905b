import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { swarmUpgradeText } from '../../cli/render/upgrade.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SwarmUpgradeResult } from '../../operations/upgrade/upgrade-swarm.js';

export default changes({
  summary: 'upgrade Docker Engine on all hosts of a swarm without downtime',
  description:
    'One worker is upgraded first, then the other workers, then the managers, the leader last. Before each ' +
    'upgrade, the tasks on the node get replacements on other nodes, which must run and be healthy. The command ' +
    'stops at the first failed step. Run it again to go on with the remaining hosts.',
  examples: [swarmup`swarm upgrade --dry-run`, swarmup`swarm upgrade --engine-version 27.3 --max-unavailable 2`],
  flags: {
    swarm: swarmFlag,
    'engine-version': {
      type: 'string',
      description: 'version to install, for example 27 or 27.3.1 [default: the newest version available]',
      value: 'VERSION',
    },
    'max-unavailable': {
      type: 'integer',
      description: 'number of workers to upgrade at the same time',
      default: 1,
      min: 1,
      value: 'N',
    },
    force: { type: 'boolean', description: 'go on even if the swarm has no quorum while a manager restarts' },
    quiet: quietFlag,
  },
  run: async ({ flags, operate, exitWith, print, io }): Promise<SwarmUpgradeResult> => {
    const { commandOf, upgradeSwarm } = await import('../../operations/upgrade/upgrade-swarm.js');
    const request = {
      swarm: flags.swarm,
      version: flags['engine-version'],
      maxUnavailable: flags['max-unavailable'],
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    const afterInterrupt = [`${commandOf(request)} goes on with what is left`];
    const result = await operate({ quiet: flags.quiet, afterInterrupt }, (context) => upgradeSwarm(context, request));
    if (result.next.length > 0) exitWith(exitCodes.unhealthy);
    print(swarmUpgradeText(io, result));
    return result;
  },
});
