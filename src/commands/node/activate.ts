import { NodesCommand, nodeFlags, nodeNames } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default class NodeActivate extends NodesCommand {
  static override summary = 'let nodes take tasks again, after drain or pause';
  static override description = 'What was moved away does not come back by itself: see rebalance.';
  static override examples = [
    '<%= config.bin %> node activate agent1',
    '<%= config.bin %> node activate --dry-run agent1 agent2',
  ];
  static override args = nodeNames;
  static override flags = nodeFlags;

  async run(): Promise<NodesResult> {
    const { args, flags } = await this.parse(NodeActivate);
    const { activateNodes } = await import('../../operations/nodes/change-nodes.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return this.change(flags, (context) => activateNodes(context, request));
  }
}
