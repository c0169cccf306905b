import { NodesCommand, nodeFlags, nodeNames } from '../../cli/nodes-command.js';
import type { NodesResult } from '../../operations/access/results.js';

export default class NodeDemote extends NodesCommand {
  static override summary = 'make managers workers';
  static override description =
    'One after another, the leader last. What would cost the swarm its quorum is refused before anything is done.';
  static override examples = ['<%= config.bin %> node demote m2', '<%= config.bin %> node demote --dry-run m2 m3'];
  static override args = nodeNames;
  static override flags = nodeFlags;

  async run(): Promise<NodesResult> {
    const { args, flags } = await this.parse(NodeDemote);
    const { demoteNodes } = await import('../../operations/nodes/change-roles.js');
    const request = { swarm: flags.swarm, names: args.name, dryRun: flags['dry-run'] };
    return this.change(flags, (context) => demoteNodes(context, request));
  }
}
