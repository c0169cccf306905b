import { BaseCommand } from '../../cli/base-command.js';
import { nodeNames } from '../../cli/nodes-command.js';
import { nodeDetails } from '../../cli/render/node-details.js';
import { swarmFlag } from '../../cli/swarm-flags.js';
import type { InspectNodesResult } from '../../operations/nodes/inspect-nodes.js';

export default class NodeInspect extends BaseCommand {
  static override summary = 'show what the managers of a swarm know of nodes';
  static override examples = ['<%= config.bin %> node inspect agent1', '<%= config.bin %> node inspect --json agent1'];
  static override args = nodeNames;
  static override flags = { swarm: swarmFlag };

  async run(): Promise<InspectNodesResult> {
    const { args, flags } = await this.parse(NodeInspect);
    const { inspectNodes } = await import('../../operations/nodes/inspect-nodes.js');
    const request = { swarm: flags.swarm, names: args.name };
    const result = await this.operate({ quiet: true }, (context) => inspectNodes(context, request));
    this.print(result.nodes.map(nodeDetails).join('\n'));
    return result;
  }
}
