import { Flags } from '@oclif/core';
import { text } from 'node:stream/consumers';
import { BaseCommand } from '../../cli/base-command.js';
import { outcomeCode, quietFlag } from '../../cli/hosts-command.js';
import { outcomeLines } from '../../cli/render/outcome-lines.js';
import { dryRunFlag, managerNames, swarmFlag } from '../../cli/swarm-flags.js';
import type { HostsResult } from '../../operations/access/results.js';

export default class SwarmUnlock extends BaseCommand {
  static override summary = 'unlock managers that ask for their key after a restart';
  static override description =
    'The key comes from its custody (see swarm autolock) or from stdin. start unlocks, too.';
  static override examples = [
    '<%= config.bin %> swarm unlock',
    'pass show swarm-key | <%= config.bin %> swarm unlock m1 --key-stdin',
  ];
  static override args = managerNames;
  static override flags = {
    swarm: swarmFlag,
    'key-stdin': Flags.boolean({ description: 'read the key from stdin' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<HostsResult> {
    const { args, flags } = await this.parse(SwarmUnlock);
    const { unlockHosts } = await import('../../operations/steps/unlock-hosts.js');
    const key = flags['key-stdin'] ? (await text(this.io.stdin)).trim() : undefined;
    const request = { swarm: flags.swarm, names: args.name, key, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => unlockHosts(context, request));
    this.exitWith(outcomeCode(result.hosts));
    this.print(outcomeLines(this.io, result.hosts));
    return result;
  }
}
