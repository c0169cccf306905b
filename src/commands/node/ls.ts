import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { nodeTable } from '../../cli/render/create-summary.js';
import type { NodeListResult } from '../../operations/results.js';

export default class NodeLs extends BaseCommand {
  static override summary = 'list the nodes of a swarm, as its managers see them';
  static override examples = ['<%= config.bin %> node ls', '<%= config.bin %> node ls --swarm production'];
  static override flags = {
    swarm: Flags.string({ description: 'the swarm', default: 'default', helpValue: '<NAME>' }),
  };

  async run(): Promise<NodeListResult> {
    const { flags } = await this.parse(NodeLs);
    const { listNodes } = await import('../../operations/list-nodes.js');
    const result = await this.operate({ quiet: true }, (context) => listNodes(context, flags.swarm));
    this.print(nodeTable(result.nodes));
    return result;
  }
}
