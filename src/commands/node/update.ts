import { Flags } from '@oclif/core';
import { labelsOf } from '../../cli/label-flags.js';
import { forceFlag, NodesCommand, nodeFlags, nodeNames } from '../../cli/nodes-command.js';
import { usageError } from '../../lib/errors.js';
import type { NodesResult } from '../../operations/access/results.js';

export default class NodeUpdate extends NodesCommand {
  static override summary = 'change labels and availability of nodes';
  static override description =
    'Drained this way, tasks stop before others run elsewhere: node drain --zero-downtime does it the other way round.';
  static override examples = [
    '<%= config.bin %> node update --label-add zone=a --label-rm old agent1',
    '<%= config.bin %> node update --availability pause agent1 agent2',
  ];
  static override args = nodeNames;
  static override flags = {
    ...nodeFlags,
    'label-add': Flags.string({
      description: 'add or change a label',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<KEY=VALUE>',
    }),
    'label-rm': Flags.string({
      description: 'remove a label',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<KEY>',
    }),
    availability: Flags.option({
      description: 'active: takes tasks; pause: keeps its own, takes none; drain: has none',
      options: ['active', 'pause', 'drain'] as const,
    })(),
    force: forceFlag('drain also when tasks then have no place to run'),
  };

  async run(): Promise<NodesResult> {
    const { args, flags } = await this.parse(NodeUpdate);
    const { 'label-add': add = [], 'label-rm': removeLabels = [], availability } = flags;
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
    return this.change(flags, (context) => updateNodes(context, request));
  }
}
