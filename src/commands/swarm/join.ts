import { Args, Flags } from '@oclif/core';
import { EnterCommand, enterFlags } from '../../cli/enter-command.js';
import type { EnterResult } from '../../operations/members/enter-swarm.js';

export default class SwarmJoin extends EnterCommand {
  static override summary = 'make hosts that have Docker but are in no swarm nodes of one';
  static override description =
    'Hosts that were made with --no-swarm, imported, or have left. Each is looked at, configured for swarm mode and ' +
    'checked as create does. create makes new hosts and joins them in one go.';
  static override examples = [
    '<%= config.bin %> swarm join box1 box2',
    '<%= config.bin %> swarm join --manager --swarm production box3',
  ];
  static override args = {
    name: Args.string({ description: 'hosts', multiple: true, required: true }),
  };
  static override flags = {
    ...enterFlags,
    manager: Flags.boolean({ description: 'as managers instead of workers' }),
  };

  async run(): Promise<EnterResult> {
    const { args, flags } = await this.parse(SwarmJoin);
    const { joinHosts } = await import('../../operations/members/enter-swarm.js');
    const role = flags.manager ? 'manager' : 'worker';
    const request = { ...this.requestOf(flags), names: args.name, role, addressPool: undefined } as const;
    return this.enter(flags, (context) => joinHosts(context, request));
  }
}
