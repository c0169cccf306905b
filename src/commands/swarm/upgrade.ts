import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { swarmUpgradeText } from '../../cli/render/upgrade.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { SwarmUpgradeResult } from '../../operations/upgrade/upgrade-swarm.js';

export default class SwarmUpgrade extends BaseCommand {
  static override summary = 'upgrade Docker Engine on all hosts of a swarm, without a gap in its services';
  static override description =
    'One worker is the first, then the others, then the managers, the leader last. Before each the tasks there get ' +
    'replacements on other nodes, which must run and be healthy. It stops at the first step that goes wrong; run ' +
    'again, it goes on with what is left.';
  static override examples = [
    '<%= config.bin %> swarm upgrade --dry-run',
    '<%= config.bin %> swarm upgrade --engine-version 27.3 --max-unavailable 2',
  ];
  static override flags = {
    swarm: swarmFlag,
    'engine-version': Flags.string({
      description: 'as in 27 or 27.3.1 [default: the newest that is offered]',
      helpValue: '<VERSION>',
    }),
    'max-unavailable': Flags.integer({ description: 'so many workers at once', default: 1, min: 1, helpValue: '<N>' }),
    force: Flags.boolean({ description: 'also when the swarm has no quorum while a manager restarts' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<SwarmUpgradeResult> {
    const { flags } = await this.parse(SwarmUpgrade);
    const { commandOf, upgradeSwarm } = await import('../../operations/upgrade/upgrade-swarm.js');
    const request = {
      swarm: flags.swarm,
      version: flags['engine-version'],
      maxUnavailable: flags['max-unavailable'],
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    const afterInterrupt = [`${commandOf(request)} goes on with what is left`];
    const result = await this.operate({ quiet: flags.quiet, afterInterrupt }, (context) =>
      upgradeSwarm(context, request),
    );
    if (result.next.length > 0) this.exitWith(exitCodes.unhealthy);
    this.print(swarmUpgradeText(this.io, result));
    return result;
  }
}
