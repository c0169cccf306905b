import { NodesCommand, nodeFlags, nodeNames } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default class NodePromote extends NodesCommand {
  static override summary = 'make workers managers';
  static override description =
    'One after another, each once the managers reach the one before (some 11 s). Their hosts get the agent, unless the ' +
    'swarm goes without.';
  static override examples = [
    '<%= config.bin %> node promote agent1',
    '<%= config.bin %> node promote --dry-run agent1 agent2',
  ];
  static override args = nodeNames;
  static override flags = nodeFlags;

  async run(): Promise<NodesResult> {
    const { args, flags } = await this.parse(NodePromote);
    const { promoteNodes } = await import('../../operations/nodes/change-roles.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return this.change(flags, (context) => promoteNodes(context, request));
  }
}
