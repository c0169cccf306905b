import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { historyListing } from '../../cli/render/replicas-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasHistoryResult } from '../../operations/agent/replicas-results.js';

export default class ReplicasHistory extends BaseCommand {
  static override summary = 'show the last changes of what is declared';
  static override examples = ['<%= config.bin %> replicas history'];
  static override flags = { ...flagsOfList(historyListing), swarm: swarmFlag };

  async run(): Promise<ReplicasHistoryResult> {
    const { flags } = await this.parse(ReplicasHistory);
    const { replicasHistory } = await import('../../operations/agent/replicas-history.js');
    const view = this.view(historyListing, flags);
    const result = await this.operate({ quiet: true }, (context) => replicasHistory(context, flags.swarm));
    return this.showList(view, result, 'revisions', { empty: `Nothing was declared in swarm ${result.swarm} yet.` });
  }
}
