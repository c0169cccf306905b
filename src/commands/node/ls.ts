import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { nodeListing } from '../../cli/render/node-table.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { usageError } from '../../lib/errors.js';
import type { NodeListResult } from '../../operations/access/results.js';

export default class NodeLs extends BaseCommand {
  static override summary = 'list the nodes of a swarm, as its managers see them';
  static override description =
    'A host that left, or was lost, and joined again is another node; the one it was stays listed as Down, marked as ' +
    'former. --prune takes those off the list.';
  static override examples = [
    '<%= config.bin %> node ls',
    '<%= config.bin %> node ls --swarm production',
    '<%= config.bin %> node ls --prune --dry-run',
  ];
  static override flags = {
    ...flagsOfList(nodeListing),
    swarm: swarmFlag,
    prune: Flags.boolean({ description: 'take former nodes off the list' }),
    'dry-run': dryRunFlag,
  };

  async run(): Promise<NodeListResult> {
    const { flags } = await this.parse(NodeLs);
    const { swarm, prune, 'dry-run': dryRun } = flags;
    if (prune && flags.filter !== undefined)
      throw usageError(
        'FLAGS_CONFLICT',
        '--prune takes all former nodes off the list, whatever --filter shows',
        'swarmup node rm ID takes one off',
      );
    if (dryRun && !prune) throw usageError('FLAG_NEEDS', '--dry-run belongs to --prune: a list alone changes nothing');
    const view = this.view(nodeListing, flags);
    const { listNodes } = await import('../../operations/access/node-rows.js');
    const { pruneNodes } = await import('../../operations/nodes/list-nodes.js');
    const result = await this.operate({ quiet: true }, (context) =>
      prune ? pruneNodes(context, { swarm, dryRun }) : listNodes(context, swarm),
    );
    const gone = dryRun ? 'would be taken' : 'taken';
    return this.showList(view, result, 'nodes', {
      notes: ({ pruned }) => pruned.map((id) => `${id} ${gone} off the list\n`).join(''),
    });
  }
}
