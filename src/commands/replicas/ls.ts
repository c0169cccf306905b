import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { replicasListing, replicasNotes } from '../../cli/render/replicas-tables.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { ReplicasListResult } from '../../operations/agent/replicas-results.js';

export default class ReplicasLs extends BaseCommand {
  static override summary = 'list the services whose counts are declared, beside what there is';
  static override examples = ['<%= config.bin %> replicas ls', '<%= config.bin %> replicas ls --json'];
  static override flags = { ...flagsOfList(replicasListing), swarm: swarmFlag };

  async run(): Promise<ReplicasListResult> {
    const { flags } = await this.parse(ReplicasLs);
    const { listReplicas } = await import('../../operations/agent/list-replicas.js');
    const view = this.view(replicasListing, flags);
    const result = await this.operate({ quiet: true }, (context) => listReplicas(context, flags.swarm));
    return this.showList(view, result, 'services', {
      notes: replicasNotes,
      empty: `Nothing is declared in swarm ${result.swarm}: swarmup replicas set SERVICE=COUNT`,
    });
  }
}
