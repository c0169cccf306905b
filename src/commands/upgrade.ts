import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { GuardedHostsCommand, outcomeCode } from '../cli/hosts-command.js';
import { upgradeLines } from '../cli/render/upgrade.js';
import { dryRunFlag } from '../cli/swarm-flags.js';
import type { UpgradeResult } from '../operations/upgrade/upgrade-hosts.js';

export default class Upgrade extends BaseCommand {
  static override summary = 'upgrade Docker Engine on hosts by their packages';
  static override description =
    'Hosts of a swarm take turns, workers first and the leader last; what runs on a host stops while its engine ' +
    'restarts. Without a gap, for a whole swarm: swarm upgrade. A host that was made with --engine-version stays in it ' +
    'until another one is named.';
  static override examples = [
    '<%= config.bin %> upgrade --dry-run agent1',
    '<%= config.bin %> upgrade --engine-version 27.3 agent1 agent2',
  ];
  static override args = GuardedHostsCommand.args;
  static override flags = {
    ...GuardedHostsCommand.flags,
    'engine-version': Flags.string({
      description: 'as in 27 or 27.3.1 [default: the newest that is offered]',
      helpValue: '<VERSION>',
    }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<UpgradeResult> {
    const { args, flags } = await this.parse(Upgrade);
    const { upgradeHosts } = await import('../operations/upgrade/upgrade-hosts.js');
    const request = {
      names: [...new Set(args.name)],
      version: flags['engine-version'],
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    const result = await this.operate({ quiet: flags.quiet }, (context) => upgradeHosts(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(upgradeLines(this.io, result));
    return result;
  }
}
