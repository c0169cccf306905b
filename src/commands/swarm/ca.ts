import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { caText } from '../../cli/render/swarm-changes.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { CaResult } from '../../operations/members/swarm-ca.js';

export default class SwarmCa extends BaseCommand {
  static override summary = 'print the CA certificate of a swarm, or replace the CA';
  static override description =
    'A rotation is done when every node has a certificate of the new CA; services go on running. Join tokens change with it.';
  static override examples = ['<%= config.bin %> swarm ca', '<%= config.bin %> swarm ca --rotate'];
  static override flags = {
    swarm: swarmFlag,
    rotate: Flags.boolean({ description: 'make a new CA and wait until every node has a certificate of it' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<CaResult> {
    const { flags } = await this.parse(SwarmCa);
    const { swarmCa } = await import('../../operations/members/swarm-ca.js');
    const request = { swarm: flags.swarm, rotate: flags.rotate, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => swarmCa(context, request));
    this.print(caText(result));
    return result;
  }
}
