import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { nodeListing } from '../../cli/render/node-table.js';
import { dryRunFlag } from '../../cli/define-command.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import { usageError } from '../../lib/errors.js';

export default lists({
  listing: nodeListing,
  rows: 'nodes',
  summary: 'list the nodes of a swarm, as its managers see them',
  description:
    'A host that leaves the swarm and joins again becomes a new node. Its old node stays in the list as Down and ' +
    'is marked as former. --prune removes former nodes from the list.',
  examples: [swarmup`node ls`, swarmup`node ls --swarm production`, swarmup`node ls --prune --dry-run`],
  flags: {
    swarm: swarmFlag,
    prune: { type: 'boolean', description: 'remove former nodes from the list' },
    'dry-run': dryRunFlag,
  },
  run: async ({ flags, operate }) => {
    const { swarm, prune, 'dry-run': dryRun } = flags;
    if (prune && flags.filter.length > 0)
      throw usageError(
        'FLAGS_CONFLICT',
        '--prune and --filter cannot be used together: --prune removes all former nodes',
        `${swarmup`node rm ID`} removes one node`,
      );
    if (dryRun && !prune)
      throw usageError('FLAG_NEEDS', '--dry-run needs --prune: without --prune, ls changes nothing');
    const { listNodes } = await import('../../operations/access/node-rows.js');
    const { pruneNodes } = await import('../../operations/nodes/list-nodes.js');
    return operate({ quiet: true }, (context) =>
      prune ? pruneNodes(context, { swarm, dryRun }) : listNodes(context, swarm),
    );
  },
  notes: ({ pruned }, { flags }) =>
    pruned.map((id) => `${id} ${flags['dry-run'] ? 'would be taken' : 'taken'} off the list\n`).join(''),
});
