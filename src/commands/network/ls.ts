import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { networkListing } from '../../cli/render/network-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { NetworkListResult } from '../../operations/networks/networks.js';

export default class NetworkLs extends BaseCommand {
  static override summary = 'list the overlay networks of a swarm, and who uses them';
  static override examples = ['<%= config.bin %> network ls', '<%= config.bin %> network ls --swarm production'];
  static override flags = { ...flagsOfList(networkListing), swarm: swarmFlag };

  async run(): Promise<NetworkListResult> {
    const { flags } = await this.parse(NetworkLs);
    const { networksOf } = await import('../../operations/networks/networks.js');
    const view = this.view(networkListing, flags);
    const result = await this.operate({ quiet: true }, (context) => networksOf(context, { swarm: flags.swarm }));
    return this.showList(view, result, 'networks');
  }
}
