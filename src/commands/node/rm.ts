import { forceFlag, NodesCommand, nodeFlags, nodeNames } from '../../cli/nodes-command.js';
import { yesFlag } from '../../cli/swarm-flags.js';
import type { NodesResult } from '../../operations/access/results.js';

export default class NodeRm extends NodesCommand {
  static override summary = 'take nodes out of their swarm; the hosts stay';
  static override description =
    'Their tasks run elsewhere first, managers are demoted, the hosts leave, and the managers forget them. Nodes that ' +
    'are Down are only forgotten. swarm join brings a host back; rm removes hosts altogether.';
  static override examples = ['<%= config.bin %> node rm agent1', '<%= config.bin %> node rm --dry-run m3 agent1'];
  static override args = nodeNames;
  static override flags = {
    ...nodeFlags,
    yes: yesFlag,
    force: forceFlag('also nodes that do not answer or are not ours, and when tasks have no other place'),
  };

  async run(): Promise<NodesResult> {
    const { args, flags } = await this.parse(NodeRm);
    const { removeNodes } = await import('../../operations/nodes/remove-nodes.js');
    const request = { swarm: flags.swarm, names: args.name, force: flags.force };
    return this.destroy(flags, 'Take them out of the swarm?', (context, { dryRun }) =>
      removeNodes(context, { ...request, dryRun }),
    );
  }
}
