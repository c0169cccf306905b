import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { listArg } from '../../cli/list-arg.js';
import { allowTable } from '../../cli/render/aws.js';
import { dryRunFlag } from '../../cli/swarm-flags.js';
import type { AwsAllowResult } from '../../operations/drivers/aws-allow.js';

export default class AwsAllow extends BaseCommand {
  static override summary = 'let another address reach the hosts of the driver aws';
  static override description =
    'Opens ssh and the engines of the hosts on record to the address of this machine, as when they were made, or to the ' +
    'networks that are named. Rules that swarmup did not make stay.';
  static override examples = [
    '<%= config.bin %> aws allow --revoke-old',
    '<%= config.bin %> aws allow 203.0.113.0/24 --swarm default',
  ];
  static override args = {
    cidr: listArg('networks [default: the address of this machine]'),
  };
  static override flags = {
    swarm: Flags.string({ description: 'only the hosts of this swarm', helpValue: '<NAME>' }),
    'revoke-old': Flags.boolean({ description: 'and close them to the networks that were let in before' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<AwsAllowResult> {
    const { args, flags } = await this.parse(AwsAllow);
    const { awsAllow } = await import('../../operations/drivers/aws-allow.js');
    const request = {
      networks: args.cidr,
      swarm: flags.swarm,
      revokeOld: flags['revoke-old'],
      dryRun: flags['dry-run'],
    };
    const result = await this.operate({ quiet: true }, (context) => awsAllow(context, request));
    this.print(allowTable(result));
    return result;
  }
}
