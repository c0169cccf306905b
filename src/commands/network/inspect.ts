import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { networkDetails } from '../../cli/render/network-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { NetworkListResult } from '../../operations/networks/networks.js';

export default class NetworkInspect extends BaseCommand {
  static override summary = 'show overlay networks in full';
  static override examples = [
    '<%= config.bin %> network inspect back',
    '<%= config.bin %> network inspect --json back',
  ];
  static override args = { name: Args.string({ description: 'networks', multiple: true, required: true }) };
  static override flags = { swarm: swarmFlag };

  async run(): Promise<NetworkListResult> {
    const { args, flags } = await this.parse(NetworkInspect);
    const { networksOf } = await import('../../operations/networks/networks.js');
    const request = { swarm: flags.swarm, names: args.name };
    const result = await this.operate({ quiet: true }, (context) => networksOf(context, request));
    this.print(result.networks.map(networkDetails).join('\n'));
    return result;
  }
}
