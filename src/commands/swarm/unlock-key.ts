import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { unlockKeyText } from '../../cli/render/swarm-changes.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { UnlockKeyResult } from '../../operations/members/unlock-key.js';

export default class SwarmUnlockKey extends BaseCommand {
  static override summary = 'print the unlock key of a swarm, or replace it';
  static override description = 'After a rotation the key before stays in custody until every manager has the new one.';
  static override examples = ['<%= config.bin %> swarm unlock-key', '<%= config.bin %> swarm unlock-key --rotate'];
  static override flags = {
    swarm: swarmFlag,
    rotate: Flags.boolean({ description: 'make a new key and print that' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<UnlockKeyResult> {
    const { flags } = await this.parse(SwarmUnlockKey);
    const { rotateUnlockKey, showUnlockKey } = await import('../../operations/members/unlock-key.js');
    const { swarm, rotate, 'dry-run': dryRun } = flags;
    const result = await this.operate({ quiet: flags.quiet }, (context) =>
      rotate ? rotateUnlockKey(context, { swarm, dryRun }) : showUnlockKey(context, swarm),
    );
    this.print(unlockKeyText(result));
    return result;
  }
}
