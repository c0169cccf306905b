import { Args } from '@oclif/core';
import { createFlags } from '../../cli/create-request.js';
import { EnterCommand, enterFlags } from '../../cli/enter-command.js';
import type { EnterResult } from '../../operations/members/enter-swarm.js';

export default class SwarmInit extends EnterCommand {
  static override summary = 'make a swarm on a host that has Docker but is in none';
  static override description =
    'The host becomes its first manager; others join with swarm join, or are made with create. create makes host and ' +
    'swarm in one go.';
  static override examples = ['<%= config.bin %> swarm init box1', '<%= config.bin %> swarm init --swarm lab box1'];
  static override args = { name: Args.string({ description: 'the host', required: true }) };
  static override flags = { ...enterFlags, 'default-addr-pool': createFlags['default-addr-pool'] };

  async run(): Promise<EnterResult> {
    const { args, flags } = await this.parse(SwarmInit);
    const { initSwarmOn } = await import('../../operations/members/enter-swarm.js');
    const addressPool = flags['default-addr-pool'];
    const request = { ...this.requestOf(flags), names: [args.name], role: 'manager', addressPool } as const;
    return this.enter(flags, (context) => initSwarmOn(context, request));
  }
}
