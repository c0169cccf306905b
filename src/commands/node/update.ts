import { swarmup } from '../../lib/typed-command.js';
import { changeFlags } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { labelsOf } from '../../cli/label-flags.js';
import { nodeNames, nodeOutcomes } from '../../cli/nodes-command.js';
import { usageError } from '../../lib/errors.js';

export default changes({
  summary: 'change the labels and the availability of nodes',
  description:
    'If you drain a node this way, tasks stop before their replacements start. node drain --zero-downtime starts ' +
    'the replacements first.',
  examples: [
    swarmup`node update --label-add zone=a --label-rm old agent1`,
    swarmup`node update --availability pause agent1 agent2`,
  ],
  args: nodeNames,
  flags: {
    ...changeFlags,
    'label-add': { type: 'list', description: 'add or change a label', value: 'KEY=VALUE' },
    'label-rm': { type: 'list', description: 'remove a label', value: 'KEY' },
    availability: {
      type: 'string',
      description: 'active: takes new tasks; pause: keeps its tasks but takes no new ones; drain: has no tasks',
      choices: ['active', 'pause', 'drain'],
    },
    force: { type: 'boolean', description: 'drain even if some tasks then have no node to run on' },
  },
  run: async ({ args, flags, operate }) => {
    const { 'label-add': add, 'label-rm': removeLabels, availability } = flags;
    if (add.length + removeLabels.length === 0 && availability === undefined)
      throw usageError('FLAG_NEEDS', 'nothing to change: give --label-add, --label-rm or --availability');
    const { updateNodes } = await import('../../operations/nodes/change-nodes.js');
    const request = {
      swarm: flags.swarm,
      names: args.name,
      addLabels: labelsOf(add, '--label-add'),
      removeLabels,
      availability,
      force: flags.force,
      dryRun: flags['dry-run'],
    };
    return operate({ quiet: flags.quiet }, (context) => updateNodes(context, request));
  },
  ...nodeOutcomes,
});
