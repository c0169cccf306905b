import { Flags } from '@oclif/core';
import { awsAccountFlags, awsFlagOptions } from '../../cli/aws-flags.js';
import { BaseCommand } from '../../cli/base-command.js';
import { confirm } from '../../cli/prompts.js';
import { orphanTable } from '../../cli/render/aws.js';
import { SwarmupError } from '../../lib/errors.js';
import type { AwsOrphansResult } from '../../operations/drivers/aws-orphans.js';

export default class AwsOrphans extends BaseCommand {
  static override summary = 'find what swarmup made in AWS and no host on record here knows';
  static override description =
    'Instances, volumes, addresses and security groups with the tags of swarmup. Other stores may have made them, and ' +
    'still use them: --delete ends what this store made, and with --any-owner all of it.';
  static override examples = [
    '<%= config.bin %> aws orphans --all-regions',
    '<%= config.bin %> aws orphans --delete --yes',
  ];
  static override flags = {
    'all-regions': Flags.boolean({ description: 'look in all regions of the account' }),
    delete: Flags.boolean({ description: 'end what was found' }),
    'any-owner': Flags.boolean({ description: 'also what other stores made', dependsOn: ['delete'] }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', dependsOn: ['delete'] }),
    ...awsAccountFlags,
  };

  async run(): Promise<AwsOrphansResult> {
    const { flags } = await this.parse(AwsOrphans);
    const options = awsFlagOptions(flags, this.io);
    const { awsOrphans } = await import('../../operations/drivers/aws-orphans.js');
    const result = await this.operate({ quiet: true }, (context) =>
      awsOrphans(context, { options, allRegions: flags['all-regions'] }, async (orphans) => {
        const chosen = orphans.filter(({ mine }) => flags.delete && (mine || flags['any-owner']));
        if (chosen.length > 0 && !flags.yes) {
          this.io.say(orphanTable({ orphans: chosen }));
          if (!(await confirm(this.io, 'End all of it?', context.signal)))
            throw new SwarmupError('CANCELLED', 'nothing was deleted');
        }
        return chosen.map(({ id }) => id);
      }),
    );
    this.print(orphanTable(result));
    return result;
  }
}
