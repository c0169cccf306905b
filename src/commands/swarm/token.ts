import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { tokenText } from '../../cli/render/swarm-changes.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { TokenResult } from '../../operations/members/swarm-token.js';

export default class SwarmToken extends BaseCommand {
  static override summary = 'print the token with which hosts join a swarm, or replace it';
  static override description = 'Hosts that swarmup manages need none: see create and swarm join.';
  static override examples = ['<%= config.bin %> swarm token', '<%= config.bin %> swarm token manager --rotate'];
  static override args = {
    role: Args.string({ description: 'worker or manager', options: ['worker', 'manager'], default: 'worker' }),
  };
  static override flags = {
    swarm: swarmFlag,
    rotate: Flags.boolean({ description: 'make a new token; the one before opens nothing any more' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<TokenResult> {
    const { args, flags } = await this.parse(SwarmToken);
    const { swarmToken } = await import('../../operations/members/swarm-token.js');
    const role = args.role as 'worker' | 'manager';
    const request = { swarm: flags.swarm, role, rotate: flags.rotate, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: true }, (context) => swarmToken(context, request));
    this.print(tokenText(result));
    return result;
  }
}
